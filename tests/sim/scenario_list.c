/*
 * The lists of scenario_list.h: on these networks all links break and return,
 * and where it says so users come and go at all servers, all ends of links are
 * drained, all servers shut down.
 */
#include "scenario_list.h"

#include <string.h>

#define USERS " arrive=all leave=all"
#define DOWN " drain=all shut=all"
#define ANYWHERE " symmetric" USERS

/* Servers of other origin, of each kind, at the places 'where'. They count up,
 * so few events make many states. */
#define EARLY " infinity=6 events=1" USERS
#define LATE_ONCE " infinity=6 hold=late events=1" USERS
#define LATE " infinity=6 hold=late events=2" USERS
#define CLASSIC(net, where, words)                                             \
	{net "-rip" where, net " rip=" where words},                           \
	{net "-poison" where, net " poison=" where words},                     \
	{net "-echo" where, net " echo=" where words}
/* Not where two that flood are neighbours: their LEFTs may then chase the
 * ARRVs by which we teach them anew for ever. */
#define MIXED(net, where, words)                                               \
	CLASSIC(net, where, words),                                            \
	{net "-flood" where, net " flood=" where words}

static const struct scenario_row scenario_short[] = {
	{"pair", "pair events=4" USERS DOWN},
	{"pair-double", "pair-double events=4" USERS},
	{"line3", "line3 events=4" USERS},
	{"line3-down", "line3 events=4" USERS DOWN},
	{"line3-two", "line3 users=0+2 events=4" USERS},
	{"line4", "line4 events=3" USERS},
	{"star4", "star4 events=3" USERS},
	{"triangle", "triangle events=4" USERS},
	{"triangle-down", "triangle events=3" USERS DOWN},
	{"triangle-two", "triangle users=0+1 events=3" USERS DOWN},
	{"triangle-double", "triangle-double events=3" USERS},
	{"triangle-double-down", "triangle-double events=2" USERS DOWN},
	{"triangle-tail", "triangle-tail events=3" USERS},
	{"square", "square events=3" USERS},
	{"square-down", "square events=2" USERS DOWN},
	{"square-drain", "square events=3 drain=all"},
	{"square-two", "square users=0+2 events=2" USERS DOWN},
	{"diagonal", "square-diagonal events=2" USERS},
	{"diagonal-corner", "square-diagonal users=1 events=2" USERS},
	{"diagonal-two", "square-diagonal users=0+2 events=2" USERS},
	{"full4-down", "full4 events=1" USERS DOWN},
	{"full4-two", "full4 users=0+1 events=2" USERS},
	{"full4", "full4 events=2" ANYWHERE},
	{"ring5", "ring5 events=3"},
	{"ring5-users", "ring5 events=2" USERS DOWN},
	{"ring5-chord", "ring5-chord events=2" USERS},
	{"triangle-nohold", "triangle hold=no events=4" USERS},
	{"tail-nohold", "triangle-tail hold=no events=3" USERS},
	{"square-nohold", "square hold=no events=3" USERS},
	{"diagonal-nohold", "square-diagonal hold=no events=2" USERS},
	{"line3-cold", "line3 cold events=4" USERS " drain=all"},
	{"triangle-cold", "triangle cold events=4" USERS " drain=all"},
	{"square-cold", "square cold events=5" USERS},
	{"diagonal-cold", "square-diagonal cold events=5"},
	MIXED("triangle", "0", EARLY),
	MIXED("triangle", "1", EARLY),
	CLASSIC("triangle", "1+2", LATE),
	MIXED("square", "1+3", LATE),
	{"tail-poison0", "triangle-tail poison=0 events=2" USERS},
	{"triangle-flood1-e2", "triangle flood=1 events=2" USERS},
	{"triangle-flood0-e2", "triangle flood=0 events=2" USERS},
};

static const struct scenario_row scenario_long[] = {
	MIXED("triangle-tail", "0", EARLY),
	MIXED("triangle-tail", "1", EARLY),
	MIXED("triangle-tail", "2", EARLY),
	MIXED("line4", "1", EARLY),
	MIXED("line4", "2", EARLY),
	MIXED("square", "1", EARLY),
	MIXED("square", "2", EARLY),
	CLASSIC("triangle-tail", "1+3", LATE),
	CLASSIC("square", "1+2", LATE),
	MIXED("full4", "1", LATE),
	CLASSIC("full4", "1+2", LATE_ONCE),
	{"triangle-down-e4", "triangle events=4" USERS DOWN},
	{"double-down-e3", "triangle-double events=3" USERS DOWN},
	{"square-down-e3", "square events=3" USERS DOWN},
	{"diagonal-e3", "square-diagonal events=3" USERS},
	{"diagonal-corner-e3", "square-diagonal users=1 events=3" USERS},
	{"diagonal-shut", "square-diagonal events=2 shut=all"},
	{"diagonal-drain", "square-diagonal events=2 drain=all"},
	{"diagonal-down", "square-diagonal events=2" USERS DOWN},
	{"full4-e2", "full4 events=2" USERS},
	{"full4-down-e2", "full4 events=2" ANYWHERE DOWN},
	{"ring5-users-e3", "ring5 events=3" USERS},
	{"ring5-chord-down", "ring5-chord events=2" USERS DOWN},
	{"diagonal-down-e3", "square-diagonal events=3" ANYWHERE DOWN},
	{"full4-nohold-e3", "full4 hold=no events=3" ANYWHERE},
	{"full4-e3", "full4 events=3" ANYWHERE},
};

const struct scenario_row *
scenario_list(bool is_long, size_t *count)
{
	*count = is_long ? sizeof(scenario_long) / sizeof(scenario_long[0])
	    : sizeof(scenario_short) / sizeof(scenario_short[0]);
	return is_long ? scenario_long : scenario_short;
}

const char *
scenario_find(const char *name)
{
	const struct scenario_row *rows;
	size_t i, count;
	int is_long;

	for (is_long = 0; is_long < 2; is_long++) {
		rows = scenario_list(is_long, &count);
		for (i = 0; i < count; i++)
			if (strcmp(rows[i].name, name) == 0)
				return rows[i].line;
	}
	return NULL;
}
