# usage: zsh -f completions.zsh FOLDER WORD...    What zsh offers for the last word, one a line. The completion system runs for real behind a
# pseudo-terminal; its compadd is wrapped, and prints what would be offered.
zmodload zsh/zpty
folder=$1
shift
line=${(j: :)@}
settings=$(mktemp -d)
cat >$settings/.zshrc <<RC
fpath=(${(q)folder} \$fpath)
RC
cat >>$settings/.zshrc <<'RC'
autoload -Uz compinit && compinit -u -D
unsetopt BEEP
PROMPT='<ready>'
compadd() {
    # With -O, -A or -D it only fills arrays: the completion system speaks to itself.
    if [[ " $* " == *' -'(O|A|D)' '* ]]; then
        builtin compadd "$@"
        return
    fi
    local -a offered
    builtin compadd -O offered "$@"
    local word
    for word in $offered; do
        print -r -- "<offer>$word</offer>"
    done
    builtin compadd "$@"
}
finish() {
    print '<end>'
    exit
}
bindkey '^I' complete-word
zle -N finish
bindkey '^X' finish
RC
export ZDOTDIR=$settings
zpty shell zsh -i
zpty -r -m shell start '*<ready>*'
zpty -n -w shell "$line"$'\t'
zpty -n -w shell $'\C-x'
zpty -r -m shell output '*<end>*'
zpty -d shell
rm -r $settings
print -r -- "$output" | tr -d '\r' | grep -o '<offer>[^<]*</offer>' | sed 's/<[^>]*>//g'
exit 0
