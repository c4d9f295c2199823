/*
 * Connect, log in, be answered, close, again. Here the generator sleeps while
 * it waits: it shares its core with dncontrol, which has a part in each login.
 */
#include "login.h"

#include "client.h"
#include "dialect.h"

#define WARM_MSEC 200
#define WAIT_MSEC 10
#define STALL_MSEC 5000
#define NUMBER_FIRST UINT64_C(1000000)

struct login {
	struct client_pool pool;
	const struct dialect *dialect;
	uint32_t lanes;
	uint64_t next;  /* user number */
	uint64_t count; /* logins done */
	const char *error;
};

static void
login_open(void *context, struct client *client)
{
	struct login *login = context;
	char text[512];

	login->next++;
	client_send(&login->pool, client, text,
	    login->dialect->login(login->next, false, text, sizeof(text)));
}

static void
login_message(void *context, struct client *client, const char *data,
    size_t size)
{
	struct login *login = context;
	struct said said = login->dialect->read(data, size);

	if (said.kind == SAID_ANSWER) {
		login->count++;
		client_close(&login->pool, client);
	} else if (said.kind == SAID_CALL) {
		dialect_answer(login->dialect, &login->pool, client, &said,
		    false);
	} else if (said.kind == SAID_REFUSAL) {
		login->error = "a login was refused";
	}
}

static void
login_closed(void *context, struct client *client, const char *error)
{
	struct login *login = context;

	(void)client;
	if (error != NULL)
		login->error = error;
}

static const struct client_events login_events = {
	.open = login_open,
	.message = login_message,
	.closed = login_closed,
};

static void
turn_until(struct login *login, uint64_t end, uint16_t port)
{
	uint64_t now = bench_now(), progress = now, count = login->count;
	uint32_t i;

	for (; now < end && login->error == NULL; now = bench_now()) {
		for (i = 0; i < login->lanes; i++)
			if (login->pool.clients[i].state == CLIENT_FREE &&
			    client_connect(&login->pool, i, port) == NULL)
				login->error = "connect failed";
		(void)client_turn(&login->pool, WAIT_MSEC);
		if (login->count > count)
			progress = now;
		else if (now > progress + STALL_MSEC * BENCH_MSEC)
			login->error = "no login for a long time";
		count = login->count;
	}
}

bool
login_run(uint32_t lanes, uint64_t msec, const struct server *server,
    struct bench_sample *sample, const char **error)
{
	struct login login = {.dialect = server->dialect, .lanes = lanes,
	    .next = NUMBER_FIRST};
	double data_before, control_before, data, control;
	uint64_t begin, count;

	if (!client_pool_init(&login.pool, lanes, login.dialect->wire,
	    &login_events, &login)) {
		*error = "out of memory";
		return false;
	}
	turn_until(&login, bench_now() + WARM_MSEC * BENCH_MSEC,
	    server->ports[0]);
	server_cpu(server, &data_before, &control_before);
	begin = bench_now();
	count = login.count;
	turn_until(&login, begin + msec * BENCH_MSEC, server->ports[0]);
	sample->seconds = (double)(bench_now() - begin) / 1e9;
	server_cpu(server, &data, &control);
	sample->count = (double)(login.count - count);
	sample->data_seconds = data - data_before;
	sample->control_seconds = control - control_before;
	client_pool_deinit(&login.pool);
	*error = login.error;
	return login.error == NULL;
}
