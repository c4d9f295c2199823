/*
 * Servers of other origin: see sim_foreign.h.
 */
#include "sim_foreign.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../dataplane/ws.h"
#include "dnchat/limits.h"
#include "sim_world.h"

#define FOREIGN_LINKS_MAX 32
#define FOREIGN_SEEN 4096

struct foreign_user {
	struct route route; /* first: see foreign_send() */
	struct route_link links[FOREIGN_LINKS_MAX];
	char name[16], description[32];
};

struct foreign {
	unsigned index;
	struct classic classic;
	struct wire_end *links[FOREIGN_LINKS_MAX];
	bool is_up[FOREIGN_LINKS_MAX]; /* SRVR was said */
	struct foreign_user users[WORLD_USERS_MAX];
	uint64_t seen[FOREIGN_SEEN];   /* broadcasts, by number */
};

static void foreign_send(void *context, struct route *route, uint16_t slot,
    enum route_message message, uint16_t hops);

struct foreign *
foreign_new(unsigned index, enum classic_kind kind)
{
	struct foreign *foreign = calloc(1, sizeof(*foreign));
	unsigned i;

	assert(foreign != NULL);
	foreign->index = index;
	foreign->classic.kind = kind;
	foreign->classic.node.send = foreign_send;
	foreign->classic.node.context = foreign;
	for (i = 0; i < WORLD_USERS_MAX; i++)
		route_init(&foreign->users[i].route,
		    foreign->users[i].links, FOREIGN_LINKS_MAX);
	return foreign;
}

void
foreign_free(struct foreign *foreign)
{
	free(foreign);
}

/* ---- routes ---- */

__attribute__((format(printf, 3, 4))) static void
foreign_say(struct foreign *foreign, unsigned slot, const char *format, ...)
{
	struct wire_end *end = foreign->links[slot];
	char text[512];
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (end != NULL && end->is_open && !end->is_closing)
		wire_text(end, text, (size_t)size);
}

static void
foreign_send(void *context, struct route *route, uint16_t slot,
    enum route_message message, uint16_t hops)
{
	struct foreign_user *who = (struct foreign_user *)(void *)route;
	struct foreign *foreign = context;
	unsigned number = 1 + (unsigned)(who - foreign->users);

	if (message == ROUTE_ARRV)
		foreign_say(foreign, slot, "ARRV %u\r\n%s\r\n%s\r\n%u",
		    number, who->name, who->description, hops);
	else
		foreign_say(foreign, slot, "LEFT %u", number);
}

static void
foreign_got_arrv(struct foreign *foreign, unsigned slot, unsigned user,
    const char *text)
{
	struct foreign_user *who = &foreign->users[user];
	unsigned hops;

	if (sscanf(text, "ARRV %*u\r\n%15[^\r]\r\n%31[^\r]\r\n%u", who->name,
	    who->description, &hops) != 3) {
		world_fail("f%u gets \"%.60s\"", foreign->index, text);
		return;
	}
	if (hops >= DN_HOPS_FOREIGN_INFINITY)
		world_fail("f%u gets an ARRV with %u hops", foreign->index,
		    hops);
	classic_message(&who->route, &foreign->classic, (uint16_t)slot,
	    (uint16_t)hops);
}

static void
foreign_up(struct foreign *foreign, unsigned slot)
{
	unsigned user;

	foreign->is_up[slot] = true;
	for (user = 0; user < world.user_count; user++)
		classic_link_up(&foreign->users[user].route,
		    &foreign->classic, (uint16_t)slot);
}

/* ---- messages ---- */

static void
foreign_pass(struct foreign *foreign, unsigned slot, uint64_t to,
    const unsigned char *data, size_t size)
{
	struct foreign_user *who;
	struct wire_end *end;

	(void)slot;
	if (to < 1 || to > world.user_count)
		return;
	who = &foreign->users[to - 1];
	end = who->route.succ >= 0 ? foreign->links[who->route.succ] : NULL;
	if (end != NULL && end->is_open && !end->is_closing)
		wire_text(end, (const char *)data, size);
}

static void
foreign_flood(struct foreign *foreign, unsigned slot, uint64_t number,
    const unsigned char *data, size_t size)
{
	struct wire_end *end;
	unsigned i;

	if (foreign->seen[number % FOREIGN_SEEN] == number)
		return;
	foreign->seen[number % FOREIGN_SEEN] = number;
	for (i = 0; i < FOREIGN_LINKS_MAX; i++) {
		end = foreign->links[i];
		if (i != slot && end != NULL && foreign->is_up[i] &&
		    end->is_open && !end->is_closing)
			wire_text(end, (const char *)data, size);
	}
}

static void
foreign_message(struct foreign *foreign, unsigned slot, const char *text,
    const unsigned char *data, size_t size)
{
	uint64_t number = strtoull(text + 4, NULL, 10), to = 0;
	unsigned user = (unsigned)(number - 1);
	const char *line = strstr(text, "\r\n");

	if (strncmp(text, "SRVR", 4) == 0) {
		foreign_up(foreign, slot);
	} else if (strncmp(text, "ARRV", 4) == 0 &&
	    user < world.user_count) {
		foreign_got_arrv(foreign, slot, user, text);
	} else if (strncmp(text, "LEFT", 4) == 0 &&
	    user < world.user_count) {
		classic_message(&foreign->users[user].route,
		    &foreign->classic, (uint16_t)slot, ROUTE_INFINITY);
	} else if (strncmp(text, "SEND", 4) == 0 && line != NULL) {
		if (line[2] == '*')
			foreign_flood(foreign, slot, number, data, size);
		else
			foreign_pass(foreign, slot, strtoull(line + 2, NULL,
			    10), data, size);
	} else if (strncmp(text, "ACKN", 4) == 0 && line != NULL) {
		line = strstr(line + 2, "\r\n");
		to = line != NULL ? strtoull(line + 2, NULL, 10) : 0;
		foreign_pass(foreign, slot, to, data, size);
	} else {
		world_fail("f%u gets \"%.60s\"", foreign->index, text);
	}
}

/* ---- wires ---- */

static unsigned
foreign_slot(const struct foreign *foreign, const struct wire_end *end)
{
	unsigned slot = 0;

	while (slot < FOREIGN_LINKS_MAX && foreign->links[slot] != end)
		slot++;
	return slot;
}

static void
foreign_frame(struct wire_end *end, unsigned opcode,
    const unsigned char *data, size_t size)
{
	struct foreign *foreign = end->owner;
	unsigned slot = foreign_slot(foreign, end);
	static char text[70000];

	if (opcode == WS_PING)
		wire_control(end, WS_PONG, data, size);
	if (opcode != WS_TEXT || slot == FOREIGN_LINKS_MAX)
		return;
	memcpy(text, data, size);
	text[size] = '\0';
	foreign_message(foreign, slot, text, data, size);
}

static void
foreign_gone(struct wire_end *end)
{
	struct foreign *foreign = end->owner;
	unsigned slot = foreign_slot(foreign, end), user;

	if (slot == FOREIGN_LINKS_MAX)
		return;
	foreign->links[slot] = NULL;
	foreign->is_up[slot] = false;
	for (user = 0; user < world.user_count; user++)
		classic_link_down(&foreign->users[user].route,
		    &foreign->classic, (uint16_t)slot);
}

static void
foreign_closed(struct wire_end *end, uint16_t code)
{
	(void)code;
	foreign_gone(end);
}

static void
foreign_nothing(struct wire_end *end)
{
	(void)end;
}

static const struct wire_ops foreign_ops = {
	foreign_frame, foreign_closed, foreign_gone, foreign_nothing,
	foreign_nothing
};

void
foreign_take(struct foreign *foreign, struct wire_end *end, bool dialled)
{
	unsigned slot = foreign_slot(foreign, NULL);

	assert(slot < FOREIGN_LINKS_MAX);
	foreign->links[slot] = end;
	foreign->is_up[slot] = false;
	end->ops = &foreign_ops;
	end->owner = foreign;
	end->node = foreign->index;
	if (!dialled)
		return;
	foreign_say(foreign, slot, "SRVR 0");
	foreign_up(foreign, slot);
}
