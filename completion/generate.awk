# Replaces a line @COMMANDS@ or @OPTIONS@ of a template by the rows of the
# table, in the shell's own words.
BEGIN {
	while ((getline line < table) > 0) {
		n = split(line, field, "\t")
		if (field[1] == "c") {
			names[++ncmds] = field[2]
			summary[field[2]] = field[3]
		} else {
			i = ++nopts[field[2]]
			spelled[field[2], i] = field[3]
			help[field[2], i] = field[4]
		}
	}
}

# 'text' as one word of a shell
function word(text) {
	if (shell == "fish") {
		gsub(/\\/, "\\\\", text)
		gsub(/'/, "\\'", text)
	} else {
		gsub(/'/, "'\\''", text)
	}
	return "'" text "'"
}

# What stands between the brackets of zsh's _arguments
function zsh_text(text) {
	gsub(/[\[\]:\\]/, "\\\\&", text)
	return text
}

# "silo init" is the command init of the program silo
function program(name) {
	return name ~ /^silo ./ ? "silo" : "medo"
}
function last(name) {
	sub(/^silo /, "", name)
	return name
}

function commands(   i) {
	for (i = 1; i <= ncmds; i++)
		command(names[i])
}
function command(name) {
	if (shell == "bash")
		print program(name) "\t" last(name)
	else if (shell == "zsh")
		printf "\t\t%s\n", word(program(name) "\t" last(name) ":" \
			summary[name])
	else if (program(name) == "silo") {
		printf "complete -f -c silo -n __fish_use_subcommand " \
			"-a %s -d %s\n", last(name), word(summary[name])
		printf "complete -f -c git-medo -n " \
			"'__medo_at silo; and not __medo_in_silo' " \
			"-a %s -d %s\n", last(name), word(summary[name])
	} else
		printf "complete -f -c git-medo -n __fish_use_subcommand " \
			"-a %s -d %s\n", name, word(summary[name])
}

function options(   i, j) {
	for (i = 1; i <= ncmds; i++)
		for (j = 1; j <= nopts[names[i]]; j++)
			option(names[i], spelled[names[i], j], \
			       help[names[i], j])
}

# "-q, --[no-]quiet <x>" is cut into its names and the value's
function option(name, text, about,   value, n, i, list, all) {
	value = ""
	if (match(text, /[ =]</)) {
		value = substr(text, RSTART + 2)
		sub(/>.*/, "", value)
		text = substr(text, 1, RSTART - 1)
	}
	gsub(/\[no-\]/, "", text)
	n = split(text, list, /[ ,]+/)
	if (shell == "bash") {
		for (i = 1; i <= n; i++)
			if (list[i] ~ /^--/ || n == 1)
				print name "\t" list[i]
	} else if (shell == "zsh") {
		for (i = 1; i <= n; i++)
			printf "\t\t%s\n", word(name "\t" list[i] \
				(value == "" ? "" : list[i] ~ /^--/ ? "=" : "+") \
				"[" zsh_text(about) "]" \
				(value == "" ? "" : ":" value ":_files"))
	} else {
		all = ""
		for (i = 1; i <= n; i++)
			all = all (list[i] ~ /^--/ ? " -l " substr(list[i], 3) \
				: " -s " substr(list[i], 2))
		all = all (value == "" ? "" : " -r") " -d " word(about)
		if (program(name) == "silo") {
			printf "complete -c silo -n '__medo_at %s'%s\n", \
				last(name), all
			printf "complete -c git-medo -n '__medo_in_silo %s'" \
				"%s\n", last(name), all
		} else
			printf "complete -c git-medo -n '__medo_at %s'%s\n", \
				name, all
	}
}

$0 == "@COMMANDS@" { commands(); next }
$0 == "@OPTIONS@" { options(); next }
{ print }
