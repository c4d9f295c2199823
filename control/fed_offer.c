/* What is offered on a link: see fed_offer.h. */
#include "fed_offer.h"

#include <stdlib.h>

#include "memory.h"

static struct fed_offer *
fed_offer_find(const struct core *core, const struct fed *fed,
    struct dn_str name)
{
	struct fed_offer *offer;

	HASH_FIND_BYHASHVALUE(hh, fed->offers, name.data, name.size,
	    hash_string(core->seed, name), offer);
	return offer;
}

bool
fed_offer_add(const struct core *core, struct fed *fed, struct dn_str name)
{
	struct fed_offer *offer;

	if (HASH_COUNT(fed->offers) >= DN_FED_ROOMS_MAX ||
	    fed_offer_find(core, fed, name) != NULL)
		return false;
	offer = memory_new(sizeof(*offer));
	offer->name = memory_string(name);
	HASH_ADD_KEYPTR_BYHASHVALUE(hh, fed->offers, offer->name, name.size,
	    hash_string(core->seed, name), offer);
	return true;
}

enum fed_likeness
fed_offer_compare(const struct core *core, const struct fed *a,
    const struct fed *b)
{
	const struct fed_offer *offer;
	size_t common = 0;

	for (offer = a->offers; offer != NULL; offer = offer->hh.next)
		common += fed_offer_find(core, b,
		    dn_str_of(offer->name)) != NULL;
	if (common == HASH_COUNT(a->offers) &&
	    common == HASH_COUNT(b->offers))
		return FED_ALIKE;
	return common > 0 ? FED_MIXED : FED_APART;
}

void
fed_offer_free_all(struct fed *fed)
{
	struct fed_offer *offer, *next;

	HASH_ITER(hh, fed->offers, offer, next) {
		HASH_DEL(fed->offers, offer);
		free(offer->name);
		free(offer);
	}
}
