/* A dncontrol without main.c, and a scripted dnchatd: what the tests of
 * downlink.c begin and end with. */
#ifndef TESTS_SCENE_H
#define TESTS_SCENE_H

#include "shell.h"

static inline void
scene_begin(struct shell *s, struct plane *p)
{
	memset(s, 0, sizeof(*s));
	shell_dir(s->dir);
	shell_start(s, false);
	plane_start(p, s, 77);
}

/* The same where each name has a password of its own. */
static inline void
scene_begin_accounts(struct shell *s, struct plane *p)
{
	memset(s, 0, sizeof(*s));
	s->auth = "accounts";
	shell_dir(s->dir);
	shell_start(s, false);
	plane_start(p, s, 77);
	plane_greet(p, s);
}

static inline void
scene_end(struct shell *s, struct plane *p)
{
	plane_end(p);
	shell_kill(s);
	shell_clean(s->dir);
}

static inline void
login(struct shell *s, struct plane *p, uint64_t conn, uint64_t number,
    const char *name, const char *password)
{
	PLANE_UP(p, s, auth, .conn = conn, .number = number,
	    .name = dn_str_of(name), .secret = dn_str_of(password),
	    .source = S("127.0.0.1:9"));
}

static inline void
expect_name(struct shell *s, struct plane *p, uint64_t number)
{
	struct dn_rd rd = plane_expect(p, s, IPC_name);
	struct ipc_name name;

	assert_true(ipc_get_name(&rd, &name));
	assert_int_equal(name.number, number);
}

static inline void
expect_ack(struct shell *s, struct plane *p, uint64_t seq)
{
	struct ipc_ack ack = {0};
	struct dn_rd rd;

	while (ack.applied != seq) {
		rd = plane_expect(p, s, IPC_ack);
		assert_true(ipc_get_ack(&rd, &ack));
		assert_true(ack.applied <= seq);
	}
}

/* kill -9 and a new start. */
static inline void
restart(struct shell *s, struct plane *p)
{
	shell_kill(s);
	plane_hang_up(p);
	shell_start(s, false);
}

#endif
