/* What several loads compute in the same way: see bench.h. */
#include "bench.h"

#include <stdlib.h>

static int
ascending(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

void
bench_percentiles(uint32_t *times, size_t count, double *middle_usec,
    double *late_usec)
{
	*middle_usec = *late_usec = 0;
	if (count == 0)
		return;
	qsort(times, count, sizeof(*times), ascending);
	*middle_usec = times[count / 2] / 1e3;
	*late_usec = times[count - 1 - count / 100] / 1e3;
}
