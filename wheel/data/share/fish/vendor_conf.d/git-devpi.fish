# fish completion of `git-devpi` and of `git devpi`. The program itself finds the candidates.
# A start-up file: fish reads a file of completions for the command's first word only, and that is `git`.

function __git_devpi_candidates
    set -l words (commandline -opc)
    set -l launcher $words[1]
    set -e words[1]
    if not string match --quiet '*git-devpi' -- $launcher
        set -l verb (contains --index -- devpi $words)
        or return
        set -a launcher $words[1..$verb]
        set -e words[1..$verb]
    end
    command $launcher complete (math (count $words) + 1) -- git-devpi $words (commandline -ct) 2>/dev/null
end

complete --command git-devpi --no-files --keep-order --arguments '(__git_devpi_candidates)'
complete --command git --condition __fish_git_needs_command --arguments devpi --description 'Give every branch an index on a devpi server'
complete --command git --condition '__fish_git_using_command devpi' --no-files --keep-order --arguments '(__git_devpi_candidates)'
