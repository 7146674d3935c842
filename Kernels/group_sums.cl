// How work-groups of a card fold rows: what kernels of other files share.
//
// What is folded is [outer, rows, vectors], in vectors of WIDTH. A group takes 2^columnBits neighbouring vectors and, of a
// row of groups, one of `parts`; its items are so many columns × lanes. A lane takes every so many-th row, so that the group
// reads neighbouring rows at a time; in the end the lanes' results are folded in local memory, half of them onto the other
// half until one is left of each column. No atomics: the order depends on the shape and the device only.
#ifdef GPU_FAMILY

typedef struct {
  index_t outer, part;
  uint vector;          // may lie past the end
  index_t first, step;  // the item's rows
} Share;

static inline Share shareOf(const index_t parts, const uint vectors, const uint columnBits) {
  const uint columns = 1u << columnBits, chunks = (vectors + columns - 1) >> columnBits, item = get_local_id(0);
  const uint lanes = (uint)get_local_size(0) >> columnBits;
  const index_t group = (index_t)get_group_id(0), place = group / chunks;
  Share share;
  share.vector = (uint)(group - place * chunks) * columns + item % columns;
  share.outer = place / parts;
  share.part = place - share.outer * parts;
  share.first = share.part * lanes + (item >> columnBits);
  share.step = parts * lanes;
  return share;
}

// Runs FOLD(item, item + step), which folds what the other item has onto what this one has, until only the first items have
// something: 2^columnBits of them. The items' values must be in local memory, where nobody has read them yet.
#define FOLD_LANES(columnBits, FOLD)                                                       \
  for (uint step = (uint)get_local_size(0) / 2; step >> (columnBits); step /= 2) {         \
    barrier(CLK_LOCAL_MEM_FENCE);                                                          \
    if (get_local_id(0) < step) FOLD(get_local_id(0), get_local_id(0) + step);             \
  }
// Which of these the item's column comes to, once all have passed another barrier.
#define COLUMN_OF_ITEM(columnBits) (get_local_id(0) & ((1u << (columnBits)) - 1))
// Whether the item has what its column comes to.
#define HAS_RESULT(columnBits) (get_local_id(0) >> (columnBits) == 0)

#endif
