/*
 * One AUTH or REGISTER on its way to a verdict: looked up, hashed, entered.
 * Attempts of one name go one after the other, so that what the first finds
 * out is known to the next. Between service.c, which receives them, and
 * archive.c and work_hash.c.
 */
#ifndef CONTROL_ATTEMPT_H
#define CONTROL_ATTEMPT_H

#include "service.h"

struct attempt {
	struct attempt *prev, *next; /* of the service, utlist */
	struct service *service;
	bool is_register;
	bool is_asked;         /* the core has ASKED of it */
	uint64_t incarnation, seq; /* of the record */
	uint64_t conn, number;
	uint8_t door, flags;
	char name[DN_NAME_OWN_BYTES_MAX + 1];
	char source[DN_ADDRESS_BYTES_MAX];
	struct work_hash hash;       /* has the secret */
	struct archive_job job;
	struct store_account account;
	bool is_under_way;
	bool is_stale;       /* the account has changed meanwhile */
};

/* The attempt that the archive's job, or the hashing job, is of. */
#define ATTEMPT_OF_JOB(job_)                                       \
	((struct attempt *)(void *)((char *)(job_) -               \
	    offsetof(struct attempt, job)))
#define ATTEMPT_OF_HASH(hash_)                                     \
	((struct attempt *)(void *)((char *)(hash_) -              \
	    offsetof(struct attempt, hash)))

/* Tells the core of the verdict on 'attempt', which has not begun or is over:
 * it is freed, and the next one of the name begins. */
void attempt_end_take(struct attempt *attempt, enum event_verdict verdict,
    bool is_account);

/* Begins 'attempt', which is listed, unless another one of its name runs. */
void attempt_begin(struct attempt *attempt);

/* A verdict that takes no time. False: it does. */
bool attempt_is_clear(struct attempt *attempt, enum event_verdict *verdict,
    bool *is_account);

/* Overwrites what it holds, and frees it. */
void attempt_free(struct attempt *attempt);

#endif
