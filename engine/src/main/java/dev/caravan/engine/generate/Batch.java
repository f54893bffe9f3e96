package dev.caravan.engine.generate;

import dev.caravan.engine.generate.Generation.FinishReason;
import dev.caravan.engine.layer.KvPagePool;
import dev.caravan.engine.model.DecoderPass;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The answers that run, oldest first, and their steps (continuous batching: Yu et al. 2022, "Orca"). A step is one pass
 * over the weights with the next token of every answer and a bounded piece of the prompts that are not read yet; then
 * every answer whose tokens were all fed draws its next one. Answers enter and leave between steps. For the scheduler's
 * thread.
 *
 * <p>Pages are taken as they are needed. When none is left, what only the prefix cache holds goes first, the least
 * recently used before the others; then the youngest answer gives its pages back and is fed again later. The oldest
 * thus always comes to its end.
 */
final class Batch {

    /** The prompt tokens of a step in which answers wait for their next token: the price that they pay for newcomers. */
    private static final int PREFILL_TOKENS = 64;

    /** A prompt that shares so many further tokens with one that is being read waits for its keys and values. */
    private static final int WORTH_WAITING_TOKENS = 16;

    /** The rows of an answer in the pass at hand: its tokens up to {@code end}. */
    private record Planned(int end) {}

    private final DecoderPass pass;
    private final KvPagePool pool;
    private final PrefixCache prefixes;
    private final int maxRunning;
    private final List<Answer> running = new ArrayList<>();
    private final Map<Answer, Planned> plan = new LinkedHashMap<>();
    private final List<Answer> preempted = new ArrayList<>();
    private float[][] logitsRows = new float[0][];
    private long passes;
    private long fedTokens;
    private long preemptions;

    Batch(DecoderPass pass, KvPagePool pool, PrefixCache prefixes, int maxRunning) {
        this.pass = pass;
        this.pool = pool;
        this.prefixes = prefixes;
        this.maxRunning = maxRunning;
    }

    boolean isEmpty() {
        return running.isEmpty();
    }

    int size() {
        return running.size();
    }

    /** Whether the answer's tokens find pages beside what the running ones need for theirs. */
    boolean hasRoomFor(Answer answer) {
        if (running.isEmpty()) {
            return true;
        }
        if (running.size() >= maxRunning) {
            return false;
        }
        int needed = missingPages(answer.sequence());
        for (Answer other : running) {
            needed += missingPages(other.sequence());
        }
        return needed <= pool.availablePages() + prefixes.evictablePages();
    }

    /** The pages for the tokens that it has and the next one. */
    private static int missingPages(Sequence sequence) {
        return Math.max(0, KvPagePool.pagesFor(sequence.length + 1) - sequence.cache.pageCount());
    }

    /** Takes in an answer that is younger than those that run. */
    void add(Answer answer) {
        running.add(answer);
    }

    /**
     * Does one step.
     *
     * @param stopping asked between two layers: whether all answers are to be left where they are
     * @return the answers that were preempted, the oldest first
     */
    List<Answer> step(BooleanSupplier stopping) {
        preempted.clear();
        for (Answer answer : List.copyOf(running)) {
            if (answer.isAbandoned()) {
                leave(answer);
            }
        }
        planStep();
        if (!plan.isEmpty()) {
            try {
                runPlan(stopping);
            } catch (RuntimeException | Error failure) { // of the pass: none of its answers can go on
                List.copyOf(plan.keySet()).forEach(answer -> fail(answer, failure));
            }
        }
        return preempted.reversed();
    }

    private void leave(Answer answer) {
        running.remove(answer);
        answer.sequence().release();
    }

    private void fail(Answer answer, Throwable failure) {
        leave(answer);
        answer.fail(failure);
    }

    private void planStep() {
        plan.clear();
        for (Answer answer : List.copyOf(running)) {
            if (running.contains(answer) && answer.sequence().pending() == 1) {
                plan(answer, 1);
            }
        }
        int left = plan.isEmpty()
                ? DecoderPass.MAX_TOKENS
                : Math.min(PREFILL_TOKENS, DecoderPass.MAX_TOKENS - plan.size());
        for (Answer answer : List.copyOf(running)) {
            boolean isNext = running.contains(answer) && !plan.containsKey(answer);
            if (left > 0 && isNext && !isWorthWaiting(answer.sequence())) {
                answer.found(prefixes.extend(answer.sequence()));
                int count = Math.min(left, answer.sequence().pending());
                left -= plan(answer, count) ? count : 0;
            }
        }
    }

    /** Whether an older prompt, read in this very step, has the next tokens as well. */
    private boolean isWorthWaiting(Sequence sequence) {
        for (Answer older : plan.keySet()) {
            Sequence other = older.sequence();
            int most = Math.min(other.length, sequence.length - 1);
            int mismatch = Arrays.mismatch(other.tokens, 0, most, sequence.tokens, 0, most);
            int common = mismatch < 0 ? most : mismatch;
            if (other.pending() > 1 && other.fed < common && common >= sequence.fed + WORTH_WAITING_TOKENS) {
                return true;
            }
        }
        return false;
    }

    /**
     * Plans an answer's next tokens if there are pages for them.
     *
     * @return false if the answer itself had to give its pages back
     */
    private boolean plan(Answer answer, int count) {
        Sequence sequence = answer.sequence();
        while (!sequence.cache.reserve(sequence.fed + count)) {
            if (!prefixes.evict()) {
                Answer youngest = running.getLast();
                preempt(youngest);
                if (youngest == answer) {
                    return false;
                }
            }
        }
        plan.put(answer, new Planned(sequence.fed + count));
        return true;
    }

    private void preempt(Answer answer) {
        leave(answer);
        plan.remove(answer);
        answer.preempted();
        preempted.add(answer);
        preemptions++;
    }

    private void runPlan(BooleanSupplier stopping) {
        List<DecoderPass.Part> parts = new ArrayList<>();
        plan.forEach((answer, planned) -> {
            Sequence sequence = answer.sequence();
            parts.add(new DecoderPass.Part(sequence.cache, sequence.tokens, sequence.fed, planned.end));
        });
        BooleanSupplier nobodyListens =
                () -> stopping.getAsBoolean() || plan.keySet().stream().allMatch(Answer::isAbandoned);
        if (!pass.run(parts, nobodyListens)) {
            return;
        }
        passes++;
        List<Answer> drawing = new ArrayList<>();
        int[] lastRows = new int[plan.size()];
        int rows = 0;
        for (Map.Entry<Answer, Planned> entry : plan.entrySet()) {
            Sequence sequence = entry.getKey().sequence();
            rows += entry.getValue().end - sequence.fed;
            sequence.fed = entry.getValue().end;
            boolean isWhole = sequence.pending() == 0;
            // With the prompt's last block, so that others with this prompt start from it.
            prefixes.remember(sequence, isWhole && entry.getKey().tokens() == 0);
            if (isWhole) {
                lastRows[drawing.size()] = rows - 1;
                drawing.add(entry.getKey());
            }
        }
        fedTokens += rows;
        if (!drawing.isEmpty()) {
            draw(drawing, pass.logits(Arrays.copyOf(lastRows, drawing.size())));
        }
    }

    /** How one answer's draw went: it goes on, it ended, or something was thrown. */
    private record Drawn(
            @Nullable FinishReason reason, @Nullable Throwable failure) {}

    private void draw(List<Answer> drawing, float[] logits) {
        Drawn[] drawn = new Drawn[drawing.size()];
        if (drawn.length == 1) {
            drawn[0] = drawOne(drawing.getFirst(), logits);
        } else {
            reserveRows(drawn.length);
            pass.kernels().parallel(drawn.length, i -> {
                System.arraycopy(logits, i * pass.vocabSize(), logitsRows[i], 0, pass.vocabSize());
                drawn[i] = drawOne(drawing.get(i), logitsRows[i]);
            });
        }
        for (int i = 0; i < drawn.length; i++) {
            Answer answer = drawing.get(i);
            if (drawn[i].failure != null) {
                fail(answer, drawn[i].failure);
            } else if (drawn[i].reason != null) {
                leave(answer);
                answer.end(drawn[i].reason);
            }
        }
    }

    /** A constraint may throw anything; that is its own request's affair. */
    private static Drawn drawOne(Answer answer, float[] logits) {
        try {
            return new Drawn(answer.draw(logits), null);
        } catch (RuntimeException | Error failure) {
            return new Drawn(null, failure);
        }
    }

    private void reserveRows(int count) {
        int before = logitsRows.length;
        if (before < count) {
            logitsRows = Arrays.copyOf(logitsRows, count);
            for (int i = before; i < count; i++) {
                logitsRows[i] = new float[pass.vocabSize()];
            }
        }
    }

    /** Ends all answers: the model closes. */
    void cancelAll() {
        for (Answer answer : List.copyOf(running)) {
            leave(answer);
            answer.end(FinishReason.CANCELLED);
        }
    }

    /** Ends all answers: something went wrong that concerns them all. */
    void failAll(Throwable failure) {
        for (Answer answer : List.copyOf(running)) {
            fail(answer, failure);
        }
    }

    /** The counts of this moment. */
    BatchStatistics statistics(int waiting) {
        int heldPages = pool.maxPages() - pool.availablePages();
        return new BatchStatistics(
                running.size(),
                waiting,
                heldPages - prefixes.evictablePages(),
                prefixes.pages(),
                pool.maxPages(),
                passes,
                fedTokens,
                preemptions);
    }
}
