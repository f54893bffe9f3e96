package dev.caravan.engine.kernel;

/**
 * Attention over packed sequences and its gradient in plain loops with sums in {@code double}.
 *
 * <p>The gradient, with scores {@code s = scale q·k}, probabilities {@code p = exp(s - logSumExp)} and {@code delta =
 * Σ dy·y} of a row: {@code dv = Σ p dy}, {@code ds = p (dy·v - delta)}, {@code dq = scale Σ ds k}, {@code dk = scale Σ ds
 * q} (Dao et al. 2022, algorithm 4).
 */
final class ScalarPackedAttention {
    private final PackedAttention a;
    private final AttentionShape shape;
    private final int size;

    ScalarPackedAttention(PackedAttention attention) {
        this.a = attention;
        this.shape = attention.shape();
        this.size = shape.headSize();
    }

    void attend(WorkerPool pool) {
        pool.run(a.sequences() * shape.heads(), task -> {
            int sequence = task / shape.heads();
            for (int token = 0; token < a.length(sequence); token++) {
                attend(a.start(sequence), token, task % shape.heads());
            }
        });
    }

    private void attend(int start, int token, int head) {
        int first = shape.firstKey(token);
        double[] scores = new double[token + 1 - first];
        double highest = Double.NEGATIVE_INFINITY;
        for (int p = first; p <= token; p++) {
            scores[p - first] = shape.scale() * dot(a.q(), query(start + token, head), a.k(), key(start + p, head));
            highest = Math.max(highest, scores[p - first]);
        }
        double sum = 0;
        for (double score : scores) {
            sum += Math.exp(score - highest);
        }
        double logSumExp = highest + Math.log(sum);
        a.logSumExp()[(start + token) * shape.heads() + head] = (float) logSumExp;
        for (int i = 0; i < size; i++) {
            double mixed = 0;
            for (int p = first; p <= token; p++) {
                mixed += Math.exp(scores[p - first] - logSumExp) * a.v()[key(start + p, head) + i];
            }
            a.y()[query(start + token, head) + i] = (float) mixed;
        }
    }

    void backward(WorkerPool pool, float[] dy, float[] dq, float[] dk, float[] dv) {
        pool.run(a.sequences() * shape.keyValueHeads(), task -> {
            int sequence = task / shape.keyValueHeads();
            backward(sequence, task % shape.keyValueHeads(), dy, dq, dk, dv);
        });
    }

    private void backward(int sequence, int keyHead, float[] dy, float[] dq, float[] dk, float[] dv) {
        int start = a.start(sequence);
        int length = a.length(sequence);
        double[] keys = new double[length * size];
        double[] values = new double[length * size];
        for (int head = keyHead * a.group(); head < (keyHead + 1) * a.group(); head++) {
            for (int token = 0; token < length; token++) {
                backward(start, token, head, dy, dq, keys, values);
            }
        }
        for (int p = 0; p < length; p++) {
            int to = (start + p) * shape.keyValueSize() + keyHead * size;
            for (int i = 0; i < size; i++) {
                dk[to + i] = (float) keys[p * size + i];
                dv[to + i] = (float) values[p * size + i];
            }
        }
    }

    private void backward(int start, int token, int head, float[] dy, float[] dq, double[] keys, double[] values) {
        int query = query(start + token, head);
        double delta = dot(dy, query, a.y(), query);
        double logSumExp = a.logSumExp()[(start + token) * shape.heads() + head];
        double[] queries = new double[size];
        for (int p = shape.firstKey(token); p <= token; p++) {
            int key = key(start + p, head);
            double probability = Math.exp(shape.scale() * dot(a.q(), query, a.k(), key) - logSumExp);
            double score = shape.scale() * probability * (dot(dy, query, a.v(), key) - delta);
            for (int i = 0; i < size; i++) {
                values[p * size + i] += probability * dy[query + i];
                keys[p * size + i] += score * a.q()[query + i];
                queries[i] += score * a.k()[key + i];
            }
        }
        for (int i = 0; i < size; i++) {
            dq[query + i] = (float) queries[i];
        }
    }

    private int query(int row, int head) {
        return row * shape.querySize() + head * size;
    }

    private int key(int row, int head) {
        return row * shape.keyValueSize() + head / a.group() * size;
    }

    private double dot(float[] x, int xOffset, float[] y, int yOffset) {
        double sum = 0;
        for (int i = 0; i < size; i++) {
            sum += (double) x[xOffset + i] * y[yOffset + i];
        }
        return sum;
    }
}
