# SPDX-License-Identifier: Apache-2.0
#
# Completion for every docker-credential helper of Keyberth. It is installed under the name of each, because fish looks
# for a file named like the command.

set -l program (string replace -r '.*/(.*)\.fish$' '$1' (status filename))
complete -c $program -f

# The members of a JSON file whose names are hosts, with a dot or a port.
function __keyberth_hosts
    string match -rag '"((?:https?://)?[[:alnum:]-]+(?:[.:][[:alnum:]-]+)+(?:/[[:alnum:]._/-]*)?)"\s*:' <$argv 2>/dev/null
end

function __keyberth_registries
    set -q DOCKER_CONFIG; or set -l DOCKER_CONFIG ~/.docker
    test -r $DOCKER_CONFIG/config.json; and __keyberth_hosts $DOCKER_CONFIG/config.json
end

# From oauth's own list of logins: `status` would open the vault, which may ask for a passphrase.
function __keyberth_logins
    set -q XDG_STATE_HOME; or set -l XDG_STATE_HOME ~/.local/state
    set -l file $XDG_STATE_HOME/docker-credential-oauth/sessions.json
    test -r $file; and __keyberth_hosts $file
end

function __keyberth_is_first
    test (count (commandline -opc)) -eq 1
end

# __keyberth_in COMMAND [WORD]: that command is being completed, its last word so far is WORD.
function __keyberth_in
    set -l words (commandline -opc)
    test "$words[2]" = $argv[1]; and begin
        not set -q argv[2]; or test "$words[-1]" = $argv[2]
    end
end

set -l first -c $program -n __keyberth_is_first
complete $first -s h -l help -d 'Print the help text'
complete $first -s v -l version -d 'Print the version'
complete $first -a store -d 'Keep a login'
complete $first -a get -d 'Print the login of a server'
complete $first -a erase -d 'Remove the login of a server'
complete $first -a list -d 'Print all servers and their user names'
complete $first -a version -d 'Print the version'
complete $first -a configure -d 'Let docker use this helper'
complete $first -a migrate -d 'Move passwords out of plain files'
complete $first -a doctor -d 'Find out what is wrong'

set -l configure -c $program -n '__keyberth_in configure'
complete $configure -l registry -x -a '(__keyberth_registries)' -d 'For this registry only'
complete $configure -l containers -d 'For podman and skopeo too'
complete $configure -l undo -d 'Take it back'
complete -c $program -n '__keyberth_in migrate' -l dry-run -d 'Only say what would be done'
complete -c $program -n '__keyberth_in migrate' -l keep -x -a 'file store' -d 'Where the store has another login'
set -l doctor -c $program -n '__keyberth_in doctor'
complete $doctor -l all -d 'Every helper of the family'
complete $doctor -l store -d 'Only the store'
complete $doctor -l json -d 'For scripts'

switch $program
    case docker-credential-keyctl
        complete $first -a status -d 'Show how much is stored and the time left'

    case docker-credential-pass
        complete $first -a init -d 'Make the password store'
        complete -c $program -n '__keyberth_in init' -l no-passphrase -d 'A key without a passphrase'

    case docker-credential-oauth
        complete $first -a login -d 'Log in to a registry'
        complete $first -a logout -d 'End a login'
        complete $first -a token -d 'Print what the registry gives for this login'
        complete $first -a status -d 'List the logins'
        complete $first -a config -d 'Check the configuration'

        set -l login -c $program -n '__keyberth_in login'
        complete $login -a '(__keyberth_registries; __keyberth_configured)' -d Registry
        complete $login -l preset -x -a "(docker-credential-oauth config presets 2>/dev/null | string match -r '^[a-z].*')" \
            -d 'A known kind of registry'
        complete $login -l issuer -x -d 'Address of the provider'
        complete $login -l client-id -x -d 'Client registered there'
        complete $login -l scope -x -d 'Scope to ask for'
        complete $login -l web -d 'With a browser on this machine'
        complete $login -l vault -x -a '(__keyberth_vaults)' -d 'Helper that keeps the sessions'
        complete $login -l no-qr -d 'No QR code'
        complete $login -l no-browser -d 'Start no browser'
        complete $login -l json -d 'One JSON object a line'
        complete $login -l force -d 'Even if the registry refuses the credential'

        complete -c $program -n '__keyberth_in logout' -l all -d 'Every session'
        complete -c $program -n '__keyberth_in logout' -a '(__keyberth_logins)' -d Registry
        complete -c $program -n '__keyberth_in token' -l explain -d 'Show what the token says'
        complete -c $program -n '__keyberth_in token' -a '(__keyberth_logins)/' -d Registry
        complete -c $program -n '__keyberth_in status' -l json -d 'For scripts'
        complete -c $program -n '__keyberth_in config config' -a check -d 'Say what is wrong with it'
        complete -c $program -n '__keyberth_in config config' -a presets -d 'List what is built in'
        complete -c $program -n '__keyberth_in config check' -F

        # The registries that oauth's configuration names.
        function __keyberth_configured
            docker-credential-oauth config check 2>/dev/null | string match -rg '^([^*: ]+[.:][^ ]*): .*, client '
        end

        function __keyberth_vaults
            complete -C docker-credential- | string match -rg '^docker-credential-(?!oauth)(\S+)'
        end
end
