# add_helper(NAME LIBRARIES lib...): everything a member of the family needs, from helpers/NAME/.
#
# - builds docker-credential-NAME from helpers/NAME/main.cc, and everything else of that folder as the library
#   helper_NAME, so that unit tests can link it;
# - installs the program and man/docker-credential-NAME.1;
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
  set_property(GLOBAL APPEND PROPERTY KEYBERTH_HELPERS ${name})
endfunction()
