/* SPDX-License-Identifier: Apache-2.0 */
/* What the hub is measured against: bare SQLite and the bare HTTP library on the same bytes. */
#include "bench.h"
#include <microhttpd.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <signal.h>
#include <unistd.h>
#include "util/timestamp.h"

double bench_bare_sqlite(const char *dir, const struct span *objects, size_t n, size_t batch)
{
	char path[300];
	sqlite3 *db = NULL;
	sqlite3_stmt *put = NULL;
	static int number;
	snprintf(path, sizeof(path), "%s/bare%d.db", dir, number++);
	if (sqlite3_open(path, &db) ||
		sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE o(id TEXT PRIMARY KEY, raw BLOB) WITHOUT ROWID", NULL, NULL, NULL) ||
		sqlite3_prepare_v2(db, "INSERT INTO o VALUES(?,?)", -1, &put, NULL))
		return -1;
	int64_t t = timestamp_tick_ns();
	for (size_t i = 0; i < n; i++) {
		if (i % batch == 0)
			sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
		const char *id = memmem(objects[i].p, objects[i].n, "\"id\":\"", 6);
		sqlite3_bind_text(put, 1, id + 6, (int)(strchr(id + 6, '"') - id - 6), SQLITE_STATIC);
		sqlite3_bind_blob(put, 2, objects[i].p, (int)objects[i].n, SQLITE_STATIC);
		if (sqlite3_step(put) != SQLITE_DONE)
			return -1;
		sqlite3_reset(put);
		if (i % batch == batch - 1 || i == n - 1)
			sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	}
	double rate = (double)n / ((double)(timestamp_tick_ns() - t) / 1e9);
	sqlite3_finalize(put);
	sqlite3_close(db);
	return rate;
}

static enum MHD_Result answer(void *cls, struct MHD_Connection *c, const char *url, const char *method, const char *version, const char *data, size_t *n, void **con)
{
	static int seen;
	if (!*con) {
		*con = &seen;
		return MHD_YES;
	}
	return MHD_queue_response(c, 200, cls);
}

pid_t bench_static_server(struct span body, int *port)
{
	int p[2];
	if (pipe(p))
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		struct MHD_Response *r = MHD_create_response_from_buffer(body.n, (void *)body.p, MHD_RESPMEM_PERSISTENT);
		MHD_add_response_header(r, "Content-Type", "application/taxii+json;version=2.1");
		struct MHD_Daemon *d = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, answer, r, MHD_OPTION_THREAD_POOL_SIZE, 2u, MHD_OPTION_END);
		const union MHD_DaemonInfo *i = d ? MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT) : NULL;
		int mine = i ? i->port : 0;
		if (write(p[1], &mine, sizeof(mine)) != sizeof(mine))
			_exit(1);
		for (;;)
			pause();
	}
	close(p[1]);
	if (read(p[0], port, sizeof(*port)) != sizeof(*port))
		*port = 0;
	close(p[0]);
	return pid;
}
