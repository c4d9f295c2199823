/*
 * What to explore, as a line of words. The first is the network, by name or as
 * its links (0-1,1-2). Then, in any order (lists are 0+2, all, or none):
 *
 *	users=0         servers that have the user at the start
 *	events=2        how many events there may be
 *	break= up=      links (in the order of the network), default all
 *	arrive= leave=  servers, default those of users
 *	drain=          ends: twice the link's number, plus one for the second
 *	shut=           servers
 *	rip= poison= echo= flood=   servers that are classic (rip.h), by kind
 *	infinity=16     what these count to
 *	hold=no         hold times are over at once
 *	hold=late       they are over only when nothing else must happen
 *	ties=any        of neighbours equally close any may become next hop
 *	symmetric       that, and states that differ in which server stands
 *	                where are one (symmetry.h)
 *	cold            all links are down at the start
 *	find=loop+debt  only these faults, by their words in world.h
 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "world.h"

struct scenario {
	struct world_net net;
	uint32_t users;
	bool is_cold, is_symmetric;
	uint32_t faults; /* a bit each */
};

/* Reads 'count' words; false with a line on standard error if they are
 * wrong. */
bool scenario_read(struct scenario *scenario, char *const *words, int count);

/* Does so with a text of words with blanks between them. */
bool scenario_read_line(struct scenario *scenario, const char *line);

#endif
