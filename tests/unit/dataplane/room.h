/*
 * What the tests of rooms share: a plane in memory with clients and a link,
 * and what is asked of them again and again.
 */
#ifndef TESTS_DATAPLANE_ROOM_H
#define TESTS_DATAPLANE_ROOM_H

#include "../../../dataplane/plane_room.h"
#include "../../../dataplane/utf8.h"
#include "shell.h"

#define ROOM 100u
#define SERVICE 101u

static struct shell shell;
static struct far ann, bob, cid, link;
static const char *last; /* what heard() looked at */

static inline void
rooms_init(void)
{
	memset(&ann, 0, sizeof(ann));
	memset(&bob, 0, sizeof(bob));
	memset(&cid, 0, sizeof(cid));
	memset(&link, 0, sizeof(link));
	shell_init(&shell);
	shell_control(&shell);
}

static inline int
rooms_deinit(void **state)
{
	(void)state;
	shell_gone(&shell, &ann);
	shell_gone(&shell, &bob);
	shell_gone(&shell, &cid);
	shell_gone(&shell, &link);
	shell_deinit(&shell);
	return 0;
}

static inline uint64_t
counter(enum ipc_counter index)
{
	uint64_t counters[IPC_COUNTER_COUNT];

	plane_count(shell.plane, counters);
	return counters[index];
}

static inline void
show(uint64_t number, enum ipc_role role, const char *name,
    const struct conn *conn)
{
	DOWN(&shell, show, number, conn != NULL ? conn->id : IPC_CONN_NONE,
	    IPC_FORWARD, (uint8_t)role, dn_str_of(name), dn_str_of("d"));
}

static inline void
member(uint64_t room, uint64_t user, enum ipc_membership membership)
{
	DOWN(&shell, member, room, user, (uint8_t)membership);
}

/* 'far' says 'text', whose lines end as they do on the wire. */
static inline void
say(struct far *far, const char *text)
{
	assert_true(!far->paused);
	conn_receive(far->conn, text, strlen(text), 0, true, false);
	shell_turn(&shell);
}

static inline void
acknowledge(struct far *far, uint64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "ACKN %llu", (unsigned long long)number);
	say(far, text);
}

/* Nothing that was sent so far matters. */
static inline void
forget_all(void)
{
	ann.size = bob.size = cid.size = link.size = 0;
	shell.up_size = 0;
}

/* Here are ann 1, bob 2, cid 3; behind the link dan 50 and eve 51. The room
 * has all of them as members but cid and eve. */
static inline int
rooms_setup(void **state)
{
	(void)state;
	rooms_init();
	shell_login_at(&shell, &ann, 1, "ann");
	shell_login_at(&shell, &bob, 2, "bob");
	shell_login_at(&shell, &cid, 3, "cid");
	shell_link(&shell, &link, false, 0);
	show(50, IPC_ROLE_USER, "dan", link.conn);
	show(51, IPC_ROLE_USER, "eve", link.conn);
	show(ROOM, IPC_ROLE_ROOM, "#x", NULL);
	show(SERVICE, IPC_ROLE_SERVICE, "rooms@n", NULL);
	member(ROOM, 1, IPC_MEMBER_LIVE);
	member(ROOM, 2, IPC_MEMBER_LIVE);
	member(ROOM, 50, IPC_MEMBER_LIVE);
	forget_all();
	return 0;
}

/* 'far' got 'before', then a SEND whose lines behind the number begin with
 * 'rest'; returns that. What 'far' got from its sender on is in 'last'. */
static inline uint64_t
heard_after(struct far *far, const char *before, const char *rest)
{
	unsigned long long number = 0;
	int at = 0;

	last = shell_got(far);
	if (strncmp(last, before, strlen(before)) != 0 ||
	    sscanf(last + strlen(before), "SEND %llu/%n", &number, &at) != 1)
		fail_msg("got \"%.200s\"", last);
	last += strlen(before) + (size_t)at;
	if (rest != NULL && strncmp(last, rest, strlen(rest)) != 0)
		fail_msg("got \"%.200s\", not \"%s\"", last, rest);
	return number;
}

/* 'far' got this one SEND alone; NULL: whatever it says. */
static inline uint64_t
heard(struct far *far, const char *rest)
{
	uint64_t number = heard_after(far, "", rest);

	if (rest != NULL)
		assert_string_equal(last, rest);
	return number;
}

static inline void
copied(uint64_t room, uint64_t user, const char *author, const char *text)
{
	struct ipc_copy copy;

	UP(&shell, copy, &copy);
	assert_int_equal(copy.room, room);
	assert_int_equal(copy.user, user);
	assert_true(dn_str_eq(copy.author, dn_str_of(author)));
	assert_true(dn_str_eq(copy.text, dn_str_of(text)));
}

static inline void
commanded(uint64_t room, uint64_t user, const char *text)
{
	struct ipc_command command;

	UP(&shell, command, &command);
	assert_int_equal(command.room, room);
	assert_int_equal(command.user, user);
	assert_true(dn_str_eq(command.text, dn_str_of(text)));
}

static inline void
joined(uint64_t room, uint64_t user)
{
	struct ipc_joined body;

	UP(&shell, joined, &body);
	assert_int_equal(body.room, room);
	assert_int_equal(body.user, user);
}

#endif
