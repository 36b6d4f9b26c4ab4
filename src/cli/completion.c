/* SPDX-License-Identifier: Apache-2.0 */
/* Shell completion made from the table: one function a shell, all knowledge inside it, so that completing starts no program
 * (but where members, collections and agreements of a data directory are asked for). */
#include <string.h>
#include "cli/cmd_priv.h"
#include "util/buf.h"

/* Second words of a noun, or first words (noun == NULL), each once. */
static void words(struct buf *out, const char *noun, const char *before, const char *after)
{
	size_t n = noun ? strlen(noun) : 0;

	for (const struct cmd *const *c = cmd_table; *c; c++) {
		const char *name = (*c)->name;
		size_t first = strcspn(name, " ");
		if (noun) {
			if (first == n && strncmp(name, noun, n) == 0 && name[n])
				buf_addf(out, "%s%s%s", before, name + n + 1, after);
		} else if (c == cmd_table || strncmp(c[-1]->name, name, first) != 0 || (c[-1]->name[first] && c[-1]->name[first] != ' ')) {
			buf_addf(out, "%s%.*s%s", before, (int)first, name, after);
		}
	}
}

static const char *positional(const struct cmd *c)
{
	if (c->complete)
		return c->complete;
	return c->arguments && strncmp(c->arguments, "DIR", 3) == 0 && c->max_args == 1 ? "dir" : "file";
}

/* What completes a value, in each shell. */
static const struct {
	const char *what, *bash, *zsh;
} completers[] = {
	{ "dir", "_musubi_files -d", "_files -/" },
	{ "file", "_musubi_files -f", "_files" },
	{ "member", "_musubi_ask member", "{_musubi_ask member}" },
	{ "collection", "_musubi_ask collection", "{_musubi_ask collection}" },
	{ "agreement", "_musubi_ask agreement", "{_musubi_ask agreement}" },
};

static void value(struct buf *out, const char *complete, bool zsh)
{
	if (complete && strncmp(complete, "words:", 6) == 0) {
		buf_addf(out, zsh ? "(%s)" : "_musubi_words '%s'", complete + 6);
		return;
	}
	for (size_t i = 0; complete && i < sizeof(completers) / sizeof(*completers); i++)
		if (strcmp(complete, completers[i].what) == 0) {
			buf_adds(out, zsh ? completers[i].zsh : completers[i].bash);
			return;
		}
	buf_adds(out, zsh ? " " : ":");
}

static void bash_command(struct buf *out, const struct cmd *c)
{
	const struct cmd_option *const lists[] = { c->options, cmd_common_options };

	buf_addf(out, "\t'%s')\n\t\tcase $prev in\n", c->name);
	for (const struct cmd_option *o = c->options; o && o->name; o++) {
		if (!o->argument)
			continue;
		buf_addf(out, "\t\t%s) ", o->name);
		value(out, o->complete, false);
		buf_adds(out, "; return ;;\n");
	}
	buf_adds(out, "\t\tesac\n\t\tif [[ $cur == -* ]]; then _musubi_words '");
	for (size_t l = 0; l < 2; l++)
		for (const struct cmd_option *o = lists[l]; o && o->name; o++)
			buf_addf(out, "%s ", o->name);
	buf_adds(out, "'; else ");
	if (c->complete && strcmp(c->complete, "command") == 0) {
		buf_adds(out, "_musubi_words '");
		for (const struct cmd *const *each = cmd_table; *each; each++)
			buf_addf(out, "%s ", (*each)->name);
		buf_addc(out, '\'');
	} else {
		value(out, positional(c), false);
	}
	buf_adds(out, "; fi ;;\n");
}

void completion_bash(struct buf *out)
{
	buf_adds(out, "# bash completion of musubi; made by `musubi completion bash`\n"
		      "_musubi_words() { COMPREPLY=($(compgen -W \"$1\" -- \"$cur\")); }\n"
		      "_musubi_files() { compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen \"$1\" -- \"$cur\")); }\n"
		      "_musubi_ask() {\n"
		      "\tlocal w\n"
		      "\tfor w in \"${COMP_WORDS[@]}\"; do\n"
		      "\t\tif [[ -f $w/musubi.db ]]; then _musubi_words \"$(\"${COMP_WORDS[0]}\" \"$1\" list \"$w\" 2>/dev/null | cut -f1)\"; return; fi\n"
		      "\tdone\n"
		      "}\n"
		      "_musubi() {\n"
		      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb=${COMP_WORDS[1]}\n"
		      "\tCOMPREPLY=()\n"
		      "\tif ((COMP_CWORD == 1)); then _musubi_words '--help --version");
	words(out, NULL, " ", "");
	buf_adds(out, "'; return; fi\n\tcase $verb in\n");
	for (const struct cmd *const *c = cmd_table; *c; c++) {
		size_t first = strcspn((*c)->name, " ");
		if (!(*c)->name[first] || (c > cmd_table && strncmp(c[-1]->name, (*c)->name, first + 1) == 0))
			continue;
		char noun[64] = "";
		memcpy(noun, (*c)->name, first < sizeof(noun) ? first : sizeof(noun) - 1);
		buf_addf(out, "\t%s) if ((COMP_CWORD == 2)); then _musubi_words '", noun);
		words(out, noun, " ", "");
		buf_adds(out, " --help'; return; fi; verb=\"$verb ${COMP_WORDS[2]}\" ;;\n");
	}
	buf_adds(out, "\tesac\n\tcase $verb in\n");
	for (const struct cmd *const *c = cmd_table; *c; c++)
		bash_command(out, *c);
	buf_adds(out, "\tesac\n}\ncomplete -F _musubi musubi\n");
}

/* Text inside '…[…]' of an _arguments specification. */
static void zsh_text(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '\'')
			buf_adds(out, "'\\''");
		else if (*s == '[' || *s == ']' || *s == ':' || *s == '\\')
			buf_addf(out, "\\%c", *s);
		else
			buf_addc(out, *s);
	}
}

static void zsh_command(struct buf *out, const struct cmd *c)
{
	const struct cmd_option *const lists[] = { c->options, cmd_common_options };

	buf_addf(out, "\t'%s') _arguments", c->name);
	for (size_t l = 0; l < 2; l++)
		for (const struct cmd_option *o = lists[l]; o && o->name; o++) {
			buf_addf(out, " \\\n\t\t'%s%s[", o->many ? "*" : "", o->name);
			zsh_text(out, o->doc);
			buf_addc(out, ']');
			if (o->argument) {
				buf_addc(out, ':');
				zsh_text(out, o->argument);
				buf_addc(out, ':');
				value(out, o->complete, true);
			}
			buf_addc(out, '\'');
		}
	buf_adds(out, " \\\n\t\t'*:argument:");
	if (c->complete && strcmp(c->complete, "command") == 0) {
		buf_addc(out, '(');
		for (const struct cmd *const *each = cmd_table; *each; each++)
			buf_addf(out, "%s ", (*each)->name);
		buf_addc(out, ')');
	} else {
		value(out, positional(c), true);
	}
	buf_adds(out, "' ;;\n");
}

static void zsh_describe(struct buf *out, const char *noun)
{
	size_t n = noun ? strlen(noun) : 0;

	for (const struct cmd *const *c = cmd_table; *c; c++) {
		const char *name = (*c)->name;
		size_t first = strcspn(name, " ");
		if (noun && (first != n || strncmp(name, noun, n) != 0))
			continue;
		if (!noun && c > cmd_table && strncmp(c[-1]->name, name, first + 1) == 0 && name[first])
			continue;
		buf_addf(out, " '%.*s:", noun ? 64 : (int)first, noun ? name + n + 1 : name);
		zsh_text(out, !noun && name[first] ? "several commands" : (*c)->brief);
		buf_addc(out, '\'');
	}
}

void completion_zsh(struct buf *out)
{
	buf_adds(out, "#compdef musubi\n# zsh completion of musubi; made by `musubi completion zsh`\n"
		      "_musubi_ask() {\n"
		      "\tlocal w\n"
		      "\tfor w in $words; do\n"
		      "\t\tif [[ -f $w/musubi.db ]]; then compadd -- ${(f)\"$(musubi $1 list $w 2>/dev/null | cut -f1)\"}; return; fi\n"
		      "\tdone\n"
		      "}\n"
		      "_musubi() {\n\tlocal -a list\n\tlocal verb=$words[2]\n"
		      "\tif ((CURRENT == 2)); then\n\t\tlist=(");
	zsh_describe(out, NULL);
	buf_adds(out, ")\n\t\t_describe command list\n\t\treturn\n\tfi\n\tcase $verb in\n");
	for (const struct cmd *const *c = cmd_table; *c; c++) {
		size_t first = strcspn((*c)->name, " ");
		if (!(*c)->name[first] || (c > cmd_table && strncmp(c[-1]->name, (*c)->name, first + 1) == 0))
			continue;
		char noun[64] = "";
		memcpy(noun, (*c)->name, first < sizeof(noun) ? first : sizeof(noun) - 1);
		buf_addf(out, "\t%s)\n\t\tif ((CURRENT == 3)); then list=(", noun);
		zsh_describe(out, noun);
		buf_addf(out, "); _describe '%s command' list; return; fi\n\t\tverb=\"$verb $words[3]\"; shift words; ((CURRENT--)) ;;\n", noun);
	}
	buf_adds(out, "\tesac\n\tshift words; ((CURRENT--))\n\tcase $verb in\n");
	for (const struct cmd *const *c = cmd_table; *c; c++)
		zsh_command(out, *c);
	buf_adds(out, "\tesac\n}\ncompdef _musubi musubi\n");
}
