// Two-class SVMs over kernel matrices by SMO, one problem per block of threads.
//
// Compiled for one size of block and one kind of SVM:
//   THREADS   threads per block, a multiple of 32, at most 1,024
//   PER       vectors per thread, at most 32; 0: any number, up to 64 per thread
//   BLOCKS    minimum number of resident blocks per multiprocessor
//   BY_CLASS  1: nu-SVC, the sum of the coefficients is fixed in each class; 0: C-SVC
//   RBF       1: the matrix holds squared distances d, the kernel is exp2(-rate d); 0: it is the kernel
//
// Problem and optimality: see smo/__init__.py. beta = y alpha, y = 1 for the first class and -1 for
// the second, errors e = p - K beta with p = y (C-SVC) or 0 (nu-SVC). A step raises one coefficient
// and lowers another (Fan, Chen and Lin, "Working set selection using second order information for
// training support vector machines", JMLR 6, 2005, WSS 2):
//   i = argmax e_t                    over t that can rise (beta_t below its upper bound)
//   j = argmax (e_i - e_t)^2 / a_it   over t that can fall and e_t < e_i
// with curvature a_it = max(K_ii + K_tt - 2 K_it, 1e-12). Ties are won by the lowest index, so that
// a result depends on the problem alone.
//
// The vectors of a class are adjacent rows and columns of the matrix, so that adjacent threads read
// adjacent values. Thread i owns the vectors i, i + THREADS, i + 2 THREADS, ... Errors and the current
// row are in registers, coefficients, bounds and the diagonal in shared memory; with PER = 0 all are
// in global memory. Two barriers separate the phases of a step: before each, every warp publishes its
// best candidate; after it, every thread selects the best.

#ifndef THREADS  // so that the file compiles on its own
#define THREADS 128
#define PER 8
#define BLOCKS 4
#define BY_CLASS 0
#define RBF 0
#endif

#define FULL 0xffffffffu
#define NOBODY 0xffffffffu
#define FAR 3e38f
#define FLAT 1e-12f      // minimum curvature, as in libsvm
#define FRESH 512        // errors older than this many steps are recomputed at convergence
#define STALE 4096       // errors this many steps old are recomputed in any case

constexpr int WARPS = THREADS / 32;
constexpr int SIDES = 1 + BY_CLASS;

struct Problem {
    const float* matrix;        // (vectors, vectors)
    const float* weight;        // (vectors,) weight of each vector's errors, 0 if not in training
    const double* start;        // (count,) starting point, or null: 0
    const float* start_error;   // (count,) errors at the starting point, or null: computed
    double* beta;               // (count,) output: solution
    float* error;               // (count,) output: errors of the solution, or null
    char* scratch;              // 28 bytes per vector (multiple of THREADS); unused if PER > 0
    float value;                // C; 1 for nu-SVC
    float total;                // sum of the first class's coefficients; unused for C-SVC
    float rate;                 // gamma log2(e); unused unless RBF
    int count, first;           // number of vectors, of both classes and of the first
    int first_row, second_row;  // of the matrix: where the vectors of each class begin
    int unused;
};

struct Outcome { float first, second, violation; int steps; };  // offsets of both classes

// One value for each vector of a thread.
#if PER > 0
typedef unsigned Mask;
struct Own {
    float values[PER];
    __device__ Own(float*) {}
    __device__ float& operator[](int k) { return values[k]; }
};
#define EACH(k) _Pragma("unroll") for (int k = 0; k < PER; ++k)
#else
typedef unsigned long long Mask;
struct Own {
    float* values;
    __device__ Own(float* room) : values(room) {}
    __device__ float& operator[](int k) { return values[k * THREADS + threadIdx.x]; }
};
#define EACH(k) for (int k = 0; k < per; ++k)
#endif

// Return the row and column of the matrix of a vector of the problem.
__device__ inline int row_of(const Problem& p, int t)
{
    return t < p.first ? p.first_row + t : p.second_row + t - p.first;
}
// Return the kernel value of a matrix value.
__device__ inline float kernel_of(float value, const Problem& p)
{
    return RBF ? exp2f(-p.rate * value) : value;
}

// Map floats to unsigned integers of the same order; all are greater than 0.
__device__ inline unsigned key_of(float x)
{
    const unsigned bits = __float_as_uint(x);
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}
__device__ inline float value_of(unsigned key)
{
    return __uint_as_float(key & 0x80000000u ? key & 0x7fffffffu : ~key);
}

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
__device__ inline unsigned warp_max(unsigned x) { return __reduce_max_sync(FULL, x); }
__device__ inline unsigned warp_min(unsigned x) { return __reduce_min_sync(FULL, x); }
#else
__device__ inline unsigned warp_max(unsigned x)
{
    for (int o = 16; o; o /= 2) x = max(x, __shfl_xor_sync(FULL, x, o));
    return x;
}
__device__ inline unsigned warp_min(unsigned x)
{
    for (int o = 16; o; o /= 2) x = min(x, __shfl_xor_sync(FULL, x, o));
    return x;
}
#endif

// Return the sum over all threads of the block to each of them.
__device__ double block_sum(double x)
{
    __shared__ double sums[WARPS];
    for (int o = 16; o; o /= 2) x += __shfl_xor_sync(FULL, x, o);
    __syncthreads();
    if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = x;
    __syncthreads();
    double total = 0.0;
    for (int w = 0; w < WARPS; ++w) total += sums[w];
    return total;
}

// Move coefficients within their bounds until their sum is `total`: first the free ones, all by the
// same fraction of the distance to their bound; then one after the other, by index.
__device__ void bring_sum(double* x, const float* high, int begin, int end, int first, double total)
{
    double lacking = 0.0, room = 0.0;
    for (int t = begin + threadIdx.x; t < end; t += THREADS) lacking -= x[t];
    lacking = total + block_sum(lacking);
    const bool up = lacking > 0.0;
    for (int t = begin + threadIdx.x; t < end; t += THREADS) {
        const double low = t < first ? 0.0 : -(double)high[t], top = t < first ? high[t] : 0.0;
        if (x[t] > low && x[t] < top) room += up ? top - x[t] : x[t] - low;
    }
    room = block_sum(room);
    const double share = room > 0.0 ? fmin(1.0, fabs(lacking) / room) : 0.0;
    double moved = 0.0;
    for (int t = begin + threadIdx.x; t < end; t += THREADS) {
        const double low = t < first ? 0.0 : -(double)high[t], top = t < first ? high[t] : 0.0;
        if (x[t] > low && x[t] < top) {
            const double step = share * (up ? top - x[t] : low - x[t]);
            x[t] += step;
            moved += step;
        }
    }
    lacking -= block_sum(moved);
    __syncthreads();
    if (threadIdx.x == 0 && fabs(lacking) > 1e-9 * fabs(room)) {
        for (int t = begin; t < end && (lacking > 0.0) == up && lacking != 0.0; ++t) {
            const double low = t < first ? 0.0 : -(double)high[t], top = t < first ? high[t] : 0.0;
            const double step = up ? fmin(top - x[t], lacking) : fmax(low - x[t], lacking);
            x[t] += step;
            lacking -= step;
        }
    }
    __syncthreads();
}

// Subtract the kernel rows of all changed coefficients from the errors, with compensated summation
// (Kahan, "Further remarks on reducing truncation errors", Communications of the ACM 8, 1965).
__device__ inline void subtract_moved(
    Own& error, Own& lost, const Problem& p, const double* x, bool from_start, long long vectors,
    int per)
{
    const int lane = threadIdx.x % 32;
    EACH(k) lost[k] = 0.0f;
    for (int begin = 0; begin < p.count; begin += 32) {
        const int t = begin + lane;
        const float step =
            t < p.count ? (float)(from_start ? x[t] - p.start[t] : x[t]) : 0.0f;
        unsigned left = __ballot_sync(FULL, step != 0.0f);
        while (left) {
            const int a = __ffs(left) - 1;
            left &= left - 1;
            const float step_a = __shfl_sync(FULL, step, a);
            const float* row_a = p.matrix + row_of(p, begin + a) * vectors;
            EACH(k) {
                const int t = threadIdx.x + k * THREADS, c = row_of(p, min(t, p.count - 1));
                const float change = -step_a * kernel_of(row_a[c], p) - lost[k];
                const float sum = error[k] + change;
                lost[k] = (sum - error[k]) - change;
                error[k] = sum;
            }
        }
    }
}

struct Candidate { unsigned key; int at; float error, own, across, room; };

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) solve_pairs(
    const Problem* problems, Outcome* outcomes, int* converged, long long vectors, float tolerance,
    int limit)
{
    extern __shared__ double shared[];
    __shared__ Candidate rising[SIDES][WARPS], partner[WARPS];
    __shared__ unsigned falling[SIDES][WARPS];
    __shared__ Problem p;  // not in registers, of which the errors and the row need most
    if (threadIdx.x == 0) p = problems[blockIdx.x];
    __syncthreads();
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int per = PER ? PER : (p.count + THREADS - 1) / THREADS, places = per * THREADS;
    double* x = PER ? shared : (double*)p.scratch;  // coefficients; only the own thread accesses
    float* high = (float*)(x + places);             // magnitude of the non-zero bound
    float* own = high + places;                     // diagonal of the kernel
    Own error(own + places), row(own + 2 * places), lost(own + 3 * places);

    EACH(k) {
        const int t = threadIdx.x + k * THREADS;
        const bool here = t < p.count;
        const long long at = row_of(p, min(t, p.count - 1));
        const float bound = here ? p.weight[at] * p.value : 0.0f;
        const double begin = here && p.start ? p.start[t] : 0.0;
        own[t] = kernel_of(p.matrix[at * vectors + at], p);
        high[t] = bound;
        x[t] = t < p.first ? fmin(fmax(begin, 0.0), (double)bound)
                           : fmax(fmin(begin, 0.0), -(double)bound);
    }
    __syncthreads();
    if (p.start || BY_CLASS) {
        if (BY_CLASS) {
            bring_sum(x, high, 0, p.first, p.first, p.total);
            bring_sum(x, high, p.first, p.count, p.first, -(double)p.total);
        } else {
            bring_sum(x, high, 0, p.count, p.first, 0.0);
        }
    }
    Mask rises = 0, falls = 0;
    const Mask one = 1;
    EACH(k) {
        const int t = threadIdx.x + k * THREADS;
        if (t < p.first ? x[t] < high[t] : x[t] < 0.0) rises |= one << k;
        if (t < p.first ? x[t] > 0.0 : x[t] > -(double)high[t]) falls |= one << k;
    }

    bool from_start = p.start_error != nullptr, fresh = false;
    int steps = 0, since = 0;
    float violation, top[SIDES], bottom[SIDES];
    while (true) {
        if (!fresh) {
            EACH(k) {
                const int t = threadIdx.x + k * THREADS;
                if (t >= p.count) error[k] = 0.0f;
                else if (from_start) error[k] = p.start_error[t];
                else error[k] = BY_CLASS ? 0.0f : t < p.first ? 1.0f : -1.0f;
            }
            __syncthreads();
            subtract_moved(error, lost, p, x, from_start, vectors, per);
            from_start = false;
            fresh = true;
            since = 0;
            __syncthreads();
        }

        // Per class (nu-SVC): the largest error that can rise, and the smallest that can fall.
#pragma unroll
        for (int c = 0; c < SIDES; ++c) {
            float highest = -FAR, lowest = FAR;
            int best = 0;
            EACH(k) {
                const int t = threadIdx.x + k * THREADS;
                if (BY_CLASS && (t < p.first) == c) continue;
                if ((rises & one << k) && error[k] > highest) { highest = error[k]; best = k; }
                if (falls & one << k) lowest = fminf(lowest, error[k]);
            }
            const unsigned mine = highest > -FAR ? key_of(highest) : 0;
            const unsigned most = warp_max(mine);
            const int t = threadIdx.x + best * THREADS;
            const int at = (int)warp_min(mine == most ? t : NOBODY);
            const unsigned low = warp_max(lowest < FAR ? ~key_of(lowest) : 0);
            if (at == t && mine == most) {  // no candidate: first vector, key 0
                rising[c][warp] = {
                    most, at, highest, own[t], 0.0f,
                    (float)(t < p.first ? high[t] - x[t] : -x[t])};
                falling[c][warp] = low;
            }
        }
        __syncthreads();
        violation = -FAR;
        int side = 0, i = 0, warp_i = 0;
#pragma unroll
        for (int c = 0; c < SIDES; ++c) {
            const unsigned best = lane < WARPS ? rising[c][lane].key : 0;
            const unsigned most = warp_max(best);
            const int place = lane < WARPS && best == most ? rising[c][lane].at : (int)(NOBODY / 2);
            const int at = (int)warp_min(place);
            const unsigned low = warp_max(lane < WARPS ? falling[c][lane] : 0u);
            top[c] = value_of(most);
            bottom[c] = value_of(~low);
            const float apart = most && low ? top[c] - bottom[c] : -FAR;
            if (apart > violation || c == 0) {
                violation = apart;
                side = c;
                i = at;
                warp_i = at % THREADS / 32;
            }
        }
        if (!(violation > tolerance) || steps >= limit) {
            if (steps >= limit || since <= FRESH) break;
            fresh = false;
            continue;
        }
        if (since >= STALE) {
            fresh = false;
            continue;
        }

        const Candidate& chosen = rising[side][warp_i];
        const float* row_i = p.matrix + row_of(p, i) * vectors;
        const float own_i = chosen.own, room_i = chosen.room, error_i = chosen.error;
        EACH(k) {
            const int t = threadIdx.x + k * THREADS;
            row[k] = kernel_of(row_i[row_of(p, min(t, p.count - 1))], p);
        }
        float greatest = 0.0f;
        int best = 0;
        EACH(k) {
            const int t = threadIdx.x + k * THREADS;
            const float rise = error_i - error[k];
            const float curvature = fmaxf(own_i + own[t] - 2.0f * row[k], FLAT);
            const float gain = __fdividef(rise * rise, curvature);
            const bool may = (falls & one << k) && rise > 0.0f && !(BY_CLASS && (t < p.first) == side);
            if (may && gain > greatest) { greatest = gain; best = k; }
        }
        const unsigned gain = __float_as_uint(greatest), most = warp_max(gain);  // not negative
        const int t = threadIdx.x + best * THREADS;
        const int at = (int)warp_min(gain == most ? t : NOBODY);
        if (at == t && gain == most) {
            Candidate& mine = partner[warp];
            mine.key = most;
            mine.at = at;
            mine.own = own[t];
            mine.room = (float)(t < p.first ? x[t] : x[t] + high[t]);
            EACH(k) if (k == best) { mine.error = error[k]; mine.across = row[k]; }
        }
        __syncthreads();
        const unsigned theirs = lane < WARPS ? partner[lane].key : 0;
        const unsigned over = warp_max(theirs);
        const int place = lane < WARPS && theirs == over ? partner[lane].at : (int)(NOBODY / 2);
        const int j = (int)warp_min(place);
        const Candidate& other = partner[j % THREADS / 32];
        const float* row_j = p.matrix + row_of(p, j) * vectors;
        const float room_j = other.room, left = fminf(room_i, room_j);
        float step = (error_i - other.error) / fmaxf(own_i + other.own - 2.0f * other.across, FLAT);
        // A coefficient within rounding error of its bound must not count as free.
        const float bound = room_i < room_j ? high[i] : high[j];
        if (left - step <= 1e-6f * fmaxf(bound, step)) step = left;
        EACH(k) {
            const int t = threadIdx.x + k * THREADS;
            error[k] -= step * (row[k] - kernel_of(row_j[row_of(p, min(t, p.count - 1))], p));
        }
#pragma unroll
        for (int which = 0; which < 2; ++which) {
            const int mine = which ? j : i;
            if (mine % THREADS != (int)threadIdx.x) continue;
            const bool first = mine < p.first;
            const double far = first ? high[mine] : -(double)high[mine];  // non-zero bound
            const bool at_bound = step == (which ? room_j : room_i);
            const double moved = which ? x[mine] - step : x[mine] + step;
            const double value = at_bound ? ((which != 0) != first ? far : 0.0) : moved;
            const Mask flag = one << (mine / THREADS);
            const bool may_rise = first ? value < far : value < 0.0;
            const bool may_fall = first ? value > 0.0 : value > far;
            x[mine] = value;
            rises = may_rise ? rises | flag : rises & ~flag;
            falls = may_fall ? falls | flag : falls & ~flag;
        }
        ++steps;
        ++since;
    }

    EACH(k) {
        const int t = threadIdx.x + k * THREADS;
        if (t >= p.count) continue;
        p.beta[t] = x[t];
        if (p.error) p.error[t] = error[k];
    }
    for (int c = 0; c < SIDES; ++c) {
        double sum = 0.0, free = 0.0;
        EACH(k) {
            const int t = threadIdx.x + k * THREADS;
            if (t >= p.count || (BY_CLASS && (t < p.first) == c)) continue;
            if ((rises >> k & 1) && (falls >> k & 1)) { sum += error[k]; free += 1.0; }
        }
        sum = block_sum(sum);
        free = block_sum(free);
        const float offset = free > 0.0 ? (float)(sum / free) : 0.5f * (top[c] + bottom[c]);
        if (threadIdx.x == 0) (c ? outcomes[blockIdx.x].second : outcomes[blockIdx.x].first) = offset;
        if (threadIdx.x == 0 && SIDES == 1) outcomes[blockIdx.x].second = offset;
    }
    if (threadIdx.x == 0) {
        outcomes[blockIdx.x].violation = violation;
        outcomes[blockIdx.x].steps = steps;
        // In host memory, which the host reads while the launch runs.
        if (converged && violation <= tolerance) atomicAdd(converged, 1);
    }
}
