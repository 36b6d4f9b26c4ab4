/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over the files given (folders: every file in them, by name) and prints TAP: one line a file. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static unsigned count, failed;

static void say(int ok, const char *path, const char *why)
{
	printf("%sok %u - %s%s\n", ok ? "" : "not ", ++count, path, why);
	fflush(stdout); /* a target that aborts leaves the lines before it */
	failed += !ok;
}

static void run_file(const char *path, size_t size)
{
	FILE *in = fopen(path, "rb");
	/* Exactly as large as the input, so that sanitizers see one byte too far. */
	uint8_t *p = malloc(size ? size : 1);
	int ok = in && p && fread(p, 1, size, in) == size;
	if (ok) {
		printf("# %s\n", path);
		fflush(stdout);
		LLVMFuzzerTestOneInput(p, size);
	}
	say(ok, path, ok ? "" : " cannot be read");
	free(p);
	if (in)
		fclose(in);
}

static int visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static void run(const char *path)
{
	struct stat st;
	struct dirent **names;
	if (stat(path, &st) != 0) {
		say(0, path, " is not there");
	} else if (!S_ISDIR(st.st_mode)) {
		run_file(path, (size_t)st.st_size);
	} else {
		int n = scandir(path, &names, visible, alphasort);
		if (n < 0)
			say(0, path, " cannot be listed");
		for (int i = 0; i < n; i++) {
			char inner[4096];
			snprintf(inner, sizeof inner, "%s/%s", path, names[i]->d_name);
			run(inner);
			free(names[i]);
		}
		if (n >= 0)
			free(names);
	}
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		run(argv[i]);
	if (count == 0)
		say(0, "corpus", " is empty: give files or folders");
	printf("1..%u\n", count);
	return failed != 0;
}
