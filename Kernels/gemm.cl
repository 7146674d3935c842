// What all matrix products share. Every product, convolution and gradient of one is
//
//   output[target(row), column] = activation(Σ_k left(row, k) · right(k, column) + bias[column])
//
// `right` is a matrix in memory. `left` is never stored: it is the matrix of patches of a channels-last
// image, one patch for each position, whose features are (tap, channel) with the channel fastest:
//
//   patch(position, feature) = image[n, position · step + origin + tap · tapStep, channel], 0 outside
//
//   plain matrix        a batch of 1×1 images, one for each row, whose channels are the columns
//   forward             step = stride, origin = −padding, tapStep = dilation
//   input gradient      one product for each phase of the stride, each with the taps that reach it
//   filter gradient     LEFT_TRANSPOSED: features are rows, positions are summed over
//
// Macros given at build time: ACTIVATION, the prelude's name of one; LEFT_TRANSPOSED or nothing.

// Values of k that a register block of ROWS × VECTORS takes at a time: of a wide one two, so that addresses and the loop
// are there half as often. It leaves no register for elements of `left`, which multiply from memory.
#define STEPS (VECTORS > 2 ? 2 : 1)
// Vectors of sums of a block whose rows are a power of two: half of the registers, AVX-512's 32 or the 16 of others.
#define POWER_OF_TWO_SUMS (WIDTH == 16 ? 16 : 8)

// Axes are depth, height, width.
typedef struct {
  int rows[3];          // positions of one image
  int source[3];        // extents of the image
  int channels;
  int step[3];
  int origin[3];
  int taps[3];
  int tapStep[3];
  int target[3];        // extents of the result, of which a phase writes every targetStep-th position
  int targetStep[3];
  int targetOrigin[3];
} Patches;

typedef struct {
  int m, n, k;
  int splits;           // the sum over k is cut into so many ranges, each written to its own m × n matrix
  int splitLength;
  int hasBias;
  int rightRow;         // floats from one k to the next in `right`
  int rowsPerGroup;     // CPU family: what a work-item, or a block of one that takes several, computes
  int panelsPerGroup;
  int depth;            // values of k that are taken at a time
  int pitch;            // floats from one of them to the next in the tile of a transposed left operand
  int streams;          // whether the result is too large for caches: it is stored past them
  int firstBlock;       // GPU family: where a launch begins that computes some of the blocks of rows
} Product;

#ifdef CPU_FAMILY
// Blocks of work on each axis, the first the fastest.
typedef struct {
  int extents[3];
} Grid;

// `turn` is −1 before the first.
typedef struct {
  int turn, x, y, z;
} Block;

// The next block that nobody has taken; returns 0 if there is none. Work-groups take blocks whenever they are free: where
// threads wake late, or other programs run, equal shares end far apart. `taken` is 0 before and after every kernel.
static inline int takeBlock(const Grid *grid, volatile global int *taken, Block *block) {
  const int count = grid->extents[0] * grid->extents[1] * grid->extents[2], groups = (int)get_num_groups(0);
#ifdef INTERPRETED
  // Dealt out: a checker sees a race between blocks only if they are of different groups.
  block->turn = block->turn < 0 ? (int)get_group_id(0) : block->turn + groups;
#else
  block->turn = atomic_inc(taken);
  // Each group asks once in vain, the last one on behalf of the next kernel.
  if (block->turn == count + groups - 1) atomic_xchg(taken, 0);
#endif
  block->x = block->turn % grid->extents[0];
  block->y = block->turn / grid->extents[0] % grid->extents[1];
  block->z = block->turn / grid->extents[0] / grid->extents[1];
  return block->turn < count;
}
#endif

// right(k, column) with k = (tap, inner) is
// source[tapIndex · tapStride + inner · innerStride + column · columnStride],
// where tap (z, y, x) of the product is tap first + (z, y, x) · step of the stored filter.
typedef struct {
  int k, n;
  int inner;               // values of k that belong to one tap
  int taps[3];
  int first[3], step[3];
  int filterTaps[3];
  int innerStride, columnStride, tapStride;
  int panel;               // columns of a panel
  int paddedK;             // rows of a panel; those past k are zeros, as are columns past n
  int panels;
  int batch;               // matrices, sourceBatch floats apart
} Panels;

static inline size_t rowOffset(const Panels *p, const int k) {
  const int tap = k / p->inner, inner = k - tap * p->inner;
  const int x = p->first[2] + tap % p->taps[2] * p->step[2];
  const int y = p->first[1] + tap / p->taps[2] % p->taps[1] * p->step[1];
  const int z = p->first[0] + tap / p->taps[2] / p->taps[1] * p->step[0];
  const size_t tapIndex = ((size_t)z * p->filterTaps[1] + y) * p->filterTaps[2] + x;
  return tapIndex * p->tapStride + (size_t)inner * p->innerStride;
}

// A whole vector at any float. Compilers make several stores of a vstore, and a vector load soon after has to
// wait until all of them have left for the cache: that took half of the time of a narrow product.
typedef floatv vectorAtFloat __attribute__((aligned(4)));
#define WHOLE(space, pointer) (*(space vectorAtFloat *)(pointer))

// Where a walk over positions is; stepping costs no division.
typedef struct {
  int n, z, y, x;
} Position;

// Places in row-major order over images of the given extents.
static inline Position placeAt(const int depth, const int height, const int width, const int index) {
  Position p;
  int rest = index / width;
  p.x = index - rest * width;
  p.y = rest % height;
  rest /= height;
  p.z = rest % depth;
  p.n = rest / depth;
  return p;
}

static inline void advancePlace(const int depth, const int height, const int width, Position *p) {
  if (++p->x < width) return;
  p->x = 0;
  if (++p->y < height) return;
  p->y = 0;
  if (++p->z < depth) return;
  p->z = 0;
  ++p->n;
}

static inline Position positionAt(const Patches *patches, const int index) {
  return placeAt(patches->rows[0], patches->rows[1], patches->rows[2], index);
}

static inline void advance(const Patches *patches, Position *p) {
  advancePlace(patches->rows[0], patches->rows[1], patches->rows[2], p);
}

// The row of the result that belongs to a position.
static inline size_t targetRow(const Patches *patches, const Position p) {
  const int z = p.z * patches->targetStep[0] + patches->targetOrigin[0];
  const int y = p.y * patches->targetStep[1] + patches->targetOrigin[1];
  const int x = p.x * patches->targetStep[2] + patches->targetOrigin[2];
  return (((size_t)p.n * patches->target[0] + z) * patches->target[1] + y) * patches->target[2] + x;
}
