/*
 * What rooms the server on a link has offered on it. That is kept even where
 * they are not shown: two links that offer the same may be of one server
 * (fed_identity.c). Keeps, decides nothing; under fed*.c.
 */
#ifndef CONTROL_FED_OFFER_H
#define CONTROL_FED_OFFER_H

#include "fed_server.h"

/* A room, without host. */
struct fed_offer {
	UT_hash_handle hh; /* by 'name' */
	char *name;
};

/* How what two links offer compares. */
enum fed_likeness {
	FED_APART, /* nothing is offered on both */
	FED_MIXED,
	FED_ALIKE,
};

/* Adds 'name'. False: it is there, or there are DN_FED_ROOMS_MAX. */
bool fed_offer_add(const struct core *core, struct fed *fed,
    struct dn_str name);

/* Whichever is the first. */
enum fed_likeness fed_offer_compare(const struct core *core,
    const struct fed *a, const struct fed *b);

/* Ends all of them. */
void fed_offer_free_all(struct fed *fed);

#endif
