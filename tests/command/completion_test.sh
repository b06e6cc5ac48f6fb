#!/usr/bin/env bash
# Completion in bash, zsh and fish, each in the real shell. A shell that is not installed is left out, and said to be.
set -eu
here=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/bin" "$work/folder" "$work/store"
ln -s "$(realpath "$DRRUN")" "$work/bin/drrun"
export PATH="$work/bin:$PATH" DRRUN_STORE="$work/store" HOME="$work" XDG_DATA_HOME="$work" XDG_CONFIG_HOME="$work" TERM=dumb
cd "$work"
cat >hello.yaml <<'YAML'
StartAt: Hello
States:
  Hello: { Type: Pass, End: true }
YAML
cp hello.yaml folder/other.yaml
echo text >notes.txt
drrun run hello.yaml --id 20261121-000000-abcdef --quiet >/dev/null

failures=0

# completions_SHELL WORD...: what the shell offers for the last word, one a line, without descriptions.

completions_bash() {
    bash --norc -c '
        source "$1"; shift
        # As readline would: "=" is a word of its own.
        COMP_WORDS=()
        for word; do
            case $word in
            --*=*) COMP_WORDS+=("${word%%=*}" = "${word#*=}") ;;
            *) COMP_WORDS+=("$word") ;;
            esac
        done
        [ -n "${COMP_WORDS[-1]}" ] || [ "${COMP_WORDS[-2]}" != = ] || unset "COMP_WORDS[-1]"
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _drrun
        printf "%s\n" "${COMPREPLY[@]}"
    ' bash "$here/completions/drrun.bash" "$@"
}

# In a zsh behind a pseudo-terminal, with the completion system itself; compadd is told to print what it is given.
completions_zsh() {
    timeout 30 zsh -f "$here/tests/command/completions.zsh" "$here/completions" "$@"
}

completions_fish() {
    fish --no-config -c 'source $argv[1]; complete -C (string join " " -- $argv[2..-1])' "$here/completions/drrun.fish" "$@" | cut -f1
}

# expect SHELL "words of the line" "all that must be offered" "what must not be": an empty last word is written as a final blank.
expect() {
    local shell=$1 line=$2 wanted=$3 unwanted=${4:-} words offered word
    IFS=' ' read -r -a words <<<"$line"
    [ "${line% }" = "$line" ] || words+=("")
    offered=$("completions_$shell" "${words[@]}" | sort -u)
    for word in $wanted; do
        grep -qxF -- "$word" <<<"$offered" || {
            echo "$shell: \"$line\" does not offer $word, but: $(tr '\n' ' ' <<<"$offered")"
            failures=$((failures + 1))
        }
    done
    for word in $unwanted; do
        ! grep -qxF -- "$word" <<<"$offered" || {
            echo "$shell: \"$line\" offers $word"
            failures=$((failures + 1))
        }
    done
}

for shell in bash zsh fish; do
    command -v "$shell" >/dev/null || { echo "left out: $shell is not installed"; continue; }
    expect $shell "drrun " "run resume list show history stop approve deny hello.yaml" "notes.txt drrun"
    expect $shell "drrun re" "resume" "run"
    expect $shell "drrun he" "hello.yaml" "history"
    expect $shell "drrun run h" "hello.yaml" "notes.txt"
    expect $shell "drrun run --in" "--input --incident-at" "--name"
    expect $shell "drrun hello.yaml --st" "--store" "--status"
    expect $shell "drrun list --status F" "FAILED" "RUNNING"
    expect $shell "drrun resume --unknown " "repeat fail succeed" ""
    expect $shell "drrun history --format s" "stepfunctions" "text"
    expect $shell "drrun show " "20261121-000000-abcdef" "hello.yaml"
    expect $shell "drrun show 2026" "20261121-000000-abcdef" ""
    expect $shell "drrun --store $work/nothing show " "" "20261121-000000-abcdef"
    expect $shell "drrun models rd" "rds rdsdata" "describeDBInstances"
    expect $shell "drrun models imp" "import" ""
    expect $shell "drrun models rds describeDBI" "describeDBInstances" "rds"
    expect $shell "drrun list --" "--help --json --status" "--input"
done
expect bash "drrun run --input @h" "@hello.yaml"
expect bash "drrun resume --unknown=r" "repeat" "fail"
if command -v fish >/dev/null; then
    expect fish "drrun run --input @h" "@hello.yaml"
    expect fish "drrun resume --unknown=r" "--unknown=repeat" "--unknown=fail"
fi

# Whatever the shells offer comes from drrun: no command is left out, and none is made up.
for command in $(drrun --help | sed -n '/^Commands/,$ s/^  \([a-z][a-z-]*\)  .*/\1/p'); do
    completions_bash drrun "$command" | grep -qxF "$command" || { echo "bash: $command is not offered"; failures=$((failures + 1)); }
done
[ "$failures" = 0 ]
