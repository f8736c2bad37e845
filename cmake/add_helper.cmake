# add_helper(NAME LIBRARIES lib...): everything a member of the family needs, from helpers/NAME/.
#
# - builds docker-credential-NAME from helpers/NAME/main.cc, and everything else of that folder as the library
#   helper_NAME, so that unit tests can link it;
# - installs the program, man/docker-credential-NAME.1, and the completions of the shells under the program's name, so that
#   each helper can be packaged alone;
# - the contract suite finds it by the global property KEYBERTH_HELPERS.
function(add_helper name)
  cmake_parse_arguments(ARG "" "" "LIBRARIES" ${ARGN})
  set(folder ${CMAKE_CURRENT_SOURCE_DIR}/${name})
  set(program docker-credential-${name})

  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cc)
  list(REMOVE_ITEM sources ${folder}/main.cc)
  add_library(helper_${name} STATIC ${sources})
  target_link_libraries(helper_${name} PUBLIC keyberth_common PRIVATE keyberth_flags ${ARG_LIBRARIES})

  add_executable(${program} ${folder}/main.cc)
  target_link_libraries(${program} PRIVATE helper_${name} keyberth_flags)

  install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(FILES ${PROJECT_SOURCE_DIR}/man/${program}.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  set(completions ${PROJECT_SOURCE_DIR}/completions)
  install(FILES ${completions}/bash/docker-credential-helpers
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME ${program})
  configure_file(${completions}/zsh/_docker-credential-helpers.in ${PROJECT_BINARY_DIR}/completions/_${program} @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/completions/_${program} DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
  install(FILES ${completions}/fish/docker-credential-helpers.fish
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d RENAME ${program}.fish)
  set_property(GLOBAL APPEND PROPERTY KEYBERTH_HELPERS ${name})
endfunction()
