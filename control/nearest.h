/* "Did you mean": the known word that is nearest to one that is not known. For
 * admin.c (commands, users, peers) and config.c (keys). Pure. */
#ifndef CONTROL_NEAREST_H
#define CONTROL_NEAREST_H

#include <stddef.h>

/* Words longer than this, in bytes, are near to nothing. */
#define NEAREST_BYTES_MAX 64

/* The fewest insertions, deletions, replacements and swaps of neighbours that
 * make 'b' of 'a', in bytes; NEAREST_BYTES_MAX + 1 if one of them is longer
 * than that. */
size_t nearest_distance(const char *a, const char *b);

/* The one of 'count' 'words' that is nearest to 'word', or NULL if none is so
 * near that it may have been meant (a third of its bytes, at least one). */
const char *nearest_word(const char *word, const char *const *words,
    size_t count);

#endif
