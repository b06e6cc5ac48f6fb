# Completion of drrun for fish. All that it offers it asks drrun for, so it does not have to be kept in step:
# commands and options from the help, executions from the store, actions from the catalogue.

function __drrun_commands # "run<tab>Run a runbook, checkpointed."
    drrun --help 2>/dev/null | string match -r '^  [a-z][a-z-]*  +\S.*' | string replace -r '^  (\S+) +' '$1\t'
end

# The command that the line has, "" if none yet. 'drrun FILE' is 'drrun run FILE'.
function __drrun_command
    set -l words (commandline -opc)[2..-1]
    if test (count $words) -eq 0
        return 1
    end
    if string match -q -- $words[1] (__drrun_commands | string replace -r '\t.*' '')
        echo $words[1]
    else
        echo run
    end
end

# "--input<tab>JSON|@FILE|-<tab>the execution's input": of the command.
function __drrun_options
    drrun $argv[1] --help 2>/dev/null | sed -n '
        /^  --/{
            # A long option has its text on the next line.
            /^  --[^ ]* \{0,1\}[^ ]*$/{
                N
                s/\n */  /
            }
            # Forgets that the line before was put together: "t" asks for any substitution.
            t joined
            :joined
            s/^  \(--[a-z][a-z-]*\)\[=\([^] ]*\)\]  *\(.*\)/\1	\2	\3/p
            t
            s/^  \(--[a-z][a-z-]*\)   *\(.*\)/\1		\2/p
            t
            s/^  \(--[a-z][a-z-]*\) \([^ ]*\)  *\(.*\)/\1	\2	\3/p
        }'
    printf '%s\t\t%s\n' --help 'what the command does, with examples'
end

function __drrun_place # the options that say where to look
    set -l words (commandline -opc)
    for i in (seq (count $words))
        switch $words[$i]
            case --store --actions
                test $i -lt (count $words); and printf '%s\n' $words[$i] $words[(math $i + 1)]
            case '--store=*' '--actions=*'
                echo $words[$i]
        end
    end
end

function __drrun_executions
    drrun list (__drrun_place) 2>/dev/null | tail -n +2 | string replace -r '^(\S+) +' '$1\t'
end

function __drrun_actions
    drrun actions --json (__drrun_place) 2>/dev/null | string match -rag '"name": *"([^"]*)"'
end

# Of the AWS service models: services, or with one the operations.
function __drrun_models
    drrun models --json $argv 2>/dev/null | string match -rag '"name": *"([^"]*)"'
end

function __drrun_files # with the prefix $argv[2], such as @
    set -l word (string replace -r -- "^$argv[2]" '' "$argv[1]")
    for file in $word*
        if test -d $file
            echo "$argv[2]$file/"
        else if string match -qr '\.(yaml|yml|json)$' -- $file
            echo "$argv[2]$file"
        end
    end
end

function __drrun_value # of an option, from its placeholder
    set -l word $argv[2]
    switch $argv[1]
        case '*@FILE*'
            printf '%s\n' - @
            __drrun_files "$word" @
        case FILE
            __drrun_files "$word"
        case 'DIR*'
            for folder in $word*/
                echo $folder
            end
        case STATUS
            printf '%s\n' RUNNING INTERRUPTED SUCCEEDED FAILED TIMED_OUT ABORTED
        case '*|*'
            string match -qr '[^a-z|]' -- $argv[1]; or string split '|' -- $argv[1]
    end
end

function __drrun_complete
    set -l word (commandline -ct)
    set -l words (commandline -opc)
    set -l command (__drrun_command)
    if test -z "$command"
        if string match -q -- '-*' "$word"
            __drrun_options run | string replace -r '\t[^\t]*\t' '\t'
            printf '%s\t%s\n' --version 'print the version'
        else
            __drrun_commands
            __drrun_files "$word"
        end
        return
    end
    set -l equals (string match -r -- '^(--[a-z-]+)=(.*)' "$word")
    for line in (__drrun_options $command)
        set -l option (string split \t -- $line)
        test -n "$option[2]"; or continue
        if test "$words[-1]" = "$option[1]"
            __drrun_value $option[2] "$word"
            return
        else if test "$equals[2]" = "$option[1]"
            __drrun_value $option[2] "$equals[3]" | string replace -r -- '^' "$option[1]="
            return
        end
    end
    if string match -q -- '-*' "$word"
        __drrun_options $command | string replace -r '\t[^\t]*\t' '\t'
        return
    end
    switch (drrun $command --help 2>/dev/null | string match -rg '^Usage: drrun [a-z-]+ *(.*)')
        case 'ID*' '[ID*'
            __drrun_executions
        case 'FILE*' '[FILE*'
            __drrun_files "$word"
        case 'SERVICE*' '[SERVICE*'
            if test (count $words) = 2
                __drrun_models
                echo import
            else if test (count $words) = 3 -a "$words[3]" = import
                __fish_complete_directories "$word"
            else if test (count $words) = 3
                __drrun_models $words[3]
            end
        case 'NAME*' '[NAME*'
            __drrun_actions
    end
end

complete -c drrun -f -a '(__drrun_complete)'
