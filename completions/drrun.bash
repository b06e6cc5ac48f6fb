# Completion of drrun for bash. All that it offers it asks drrun for, so it does not have to be kept in step:
# commands and options from the help, executions from the store, actions from the catalogue.

_drrun_commands() {
    drrun --help 2>/dev/null | sed -n '/^Commands/,$ s/^  \([a-z][a-z-]*\)  .*/\1/p'
}

# "--input JSON|@FILE|-" and the like, one a line, of a command.
_drrun_options() {
    drrun "$1" --help 2>/dev/null | sed -n 's/^  \(--[a-z][a-z-]*\)\(\[=\([^] ]*\)\]\)\{0,1\} \{0,1\}\([^ ]*\).*/\1 \3\4/p'
    echo --help
}

# What the options before the words say about where to look, such as --store DIR.
_drrun_place() {
    local i
    for ((i = 1; i < ${#COMP_WORDS[@]} - 1; i++)); do
        case ${COMP_WORDS[i]} in
        --store | --actions)
            if [ "${COMP_WORDS[i + 1]}" = = ]; then
                printf '%s\n' "${COMP_WORDS[i]}" "${COMP_WORDS[i + 2]}"
            else
                printf '%s\n' "${COMP_WORDS[i]}" "${COMP_WORDS[i + 1]}"
            fi
            ;;
        esac
    done
}

_drrun_executions() {
    local place
    mapfile -t place < <(_drrun_place)
    drrun list --json "${place[@]}" 2>/dev/null | grep -o '"executionId": *"[^"]*"' | sed 's/.*"\([^"]*\)"$/\1/'
}

_drrun_actions() {
    local place
    mapfile -t place < <(_drrun_place)
    drrun actions --json "${place[@]}" 2>/dev/null | grep -o '"name": *"[^"]*"' | sed 's/.*"\([^"]*\)"$/\1/'
}

# Of the AWS service models: services, or with one the operations.
_drrun_models() {
    drrun models --json "$@" 2>/dev/null | grep -o '"name": *"[^"]*"' | sed 's/.*"\([^"]*\)"$/\1/'
}

_drrun_files() {
    local prefix=${1:-}
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -X "!*.@(yaml|yml|json)" -- "${cur#"$prefix"}"; compgen -d -- "${cur#"$prefix"}")
    [ -z "$prefix" ] || COMPREPLY=("${COMPREPLY[@]/#/$prefix}")
}

# The values of an option from its placeholder: a|b|c, FILE, DIR.
_drrun_value() {
    case $1 in
    *@FILE*)
        case $cur in
        @*) _drrun_files @ ;;
        *) mapfile -t COMPREPLY < <(compgen -W '@ -' -- "$cur") ;;
        esac
        ;;
    FILE) _drrun_files ;;
    DIR*) mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
    STATUS) mapfile -t COMPREPLY < <(compgen -W 'RUNNING INTERRUPTED SUCCEEDED FAILED TIMED_OUT ABORTED' -- "$cur") ;;
    *[!a-z\|]*) ;; # a word of the user's own
    *'|'*) mapfile -t COMPREPLY < <(compgen -W "${1//|/ }" -- "$cur") ;;
    esac
}

_drrun() {
    local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} name placeholder
    COMPREPLY=()
    # "--option=value" arrives in three words.
    if [ "$cur" = = ]; then
        cur=
    elif [ "$previous" = = ]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    if [ "$COMP_CWORD" = 1 ]; then
        case $cur in
        -*) mapfile -t COMPREPLY < <(compgen -W "$(_drrun_options run | cut -d' ' -f1) --version" -- "$cur") ;;
        */* | .*) _drrun_files ;;
        *)
            _drrun_files # 'drrun FILE' is 'drrun run FILE'
            mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$(_drrun_commands)" -- "$cur")
            ;;
        esac
        return
    fi
    grep -qx -- "$command" <(_drrun_commands) || command=run
    while read -r name placeholder; do
        if [ "$name" = "$previous" ] && [ -n "$placeholder" ]; then
            _drrun_value "$placeholder"
            return
        fi
    done < <(_drrun_options "$command")
    case $cur in
    -*)
        mapfile -t COMPREPLY < <(compgen -W "$(_drrun_options "$command" | cut -d' ' -f1)" -- "$cur")
        return
        ;;
    esac
    case $(drrun "$command" --help 2>/dev/null | sed -n 's/^Usage: drrun [a-z-]* *//p') in
    ID* | '[ID'*) mapfile -t COMPREPLY < <(compgen -W "$(_drrun_executions)" -- "$cur") ;;
    FILE* | '[FILE'*) _drrun_files ;;
    SERVICE* | '[SERVICE'*)
        case $COMP_CWORD:${COMP_WORDS[2]} in
        2:*) mapfile -t COMPREPLY < <(compgen -W "import $(_drrun_models)" -- "$cur") ;;
        3:import) mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
        3:*) mapfile -t COMPREPLY < <(compgen -W "$(_drrun_models "${COMP_WORDS[2]}")" -- "$cur") ;;
        esac
        ;;
    NAME* | '[NAME'*) mapfile -t COMPREPLY < <(compgen -W "$(_drrun_actions)" -- "$cur") ;;
    esac
}

shopt -s extglob # for the pattern of file names
complete -F _drrun drrun
