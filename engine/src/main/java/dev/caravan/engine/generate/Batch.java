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
import java.util.function.LongSupplier;
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
 *
 * <p>While few answers run, the pass has room for tokens that may follow: {@link PromptLookup}.
 */
final class Batch {

    /** The prompt tokens of a step in which answers wait for their next token: the price that they pay for newcomers. */
    private static final int PREFILL_TOKENS = 64;

    /** A prompt that shares so many further tokens with one that is being read waits for its keys and values. */
    private static final int WORTH_WAITING_TOKENS = 16;

    /**
     * The rows of an answer in the pass at hand.
     *
     * @param count its next tokens, which are known
     * @param draft guesses of those after them
     */
    @SuppressWarnings("ArrayRecordComponent") // made for one pass, never written
    private record Planned(int count, int[] draft) {

        int rows() {
            return count + draft.length;
        }
    }

    private static final int[] NO_DRAFT = new int[0];

    private final DecoderPass pass;
    private final KvPagePool pool;
    private final PrefixCache prefixes;
    private final BatchScheduler.Limits limits;
    private final LongSupplier nanoTime;
    private final PassCosts costs = new PassCosts();
    private final List<Answer> running = new ArrayList<>();
    private final Map<Answer, Planned> plan = new LinkedHashMap<>();
    private final List<Answer> preempted = new ArrayList<>();
    private float[][] logitsRows = new float[0][];
    private long passes;
    private long fedTokens;
    private long preemptions;
    private long draftedTokens;
    private long acceptedTokens;

    /** @param nanoTime a clock in nanoseconds */
    Batch(
            DecoderPass pass,
            KvPagePool pool,
            PrefixCache prefixes,
            BatchScheduler.Limits limits,
            LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.pass = pass;
        this.pool = pool;
        this.prefixes = prefixes;
        this.limits = limits;
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
        if (running.size() >= limits.maxRunning()) {
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
        boolean isDrafting = running.size() <= limits.maxDrafting()
                && running.stream().allMatch(answer -> answer.sequence().pending() == 1);
        for (Answer answer : List.copyOf(running)) {
            if (running.contains(answer) && answer.sequence().pending() == 1) {
                plan(answer, 1, isDrafting ? answer.draft(costs) : NO_DRAFT);
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
                left -= plan(answer, count, NO_DRAFT) ? count : 0;
            }
        }
    }

    /** Whether an older prompt, read in this very step, has the next tokens as well. */
    private boolean isWorthWaiting(Sequence sequence) {
        for (Answer older : plan.keySet()) {
            Sequence other = older.sequence();
            if (!other.space.equals(sequence.space)) {
                continue;
            }
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
    private boolean plan(Answer answer, int count, int[] draft) {
        Sequence sequence = answer.sequence();
        Planned planned = new Planned(count, draft);
        while (!sequence.cache.reserve(sequence.fed + planned.rows())) {
            if (!prefixes.evict()) {
                Answer youngest = running.getLast();
                preempt(youngest);
                if (youngest == answer) {
                    return false;
                }
            }
        }
        plan.put(answer, planned);
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
        List<Map.Entry<Answer, Planned>> rows = byAdapter();
        List<DecoderPass.Part> parts = new ArrayList<>();
        for (Map.Entry<Answer, Planned> entry : rows) {
            Sequence sequence = entry.getKey().sequence();
            sequence.guess(entry.getValue().draft);
            int end = sequence.fed + entry.getValue().rows();
            parts.add(new DecoderPass.Part(sequence.cache, sequence.tokens, sequence.fed, end, sequence.adapter));
        }
        BooleanSupplier nobodyListens =
                () -> stopping.getAsBoolean() || plan.keySet().stream().allMatch(Answer::isAbandoned);
        long started = nanoTime.getAsLong();
        if (!pass.run(parts, nobodyListens)) {
            return;
        }
        passes++;
        List<Draw> draws = new ArrayList<>();
        int[] logitsRowsOfPass = new int[DecoderPass.MAX_TOKENS];
        int logitsCount = 0;
        int row = 0;
        for (Map.Entry<Answer, Planned> entry : rows) {
            Sequence sequence = entry.getKey().sequence();
            Planned planned = entry.getValue();
            sequence.fed += planned.count;
            boolean isWhole = sequence.pending() == 0;
            // With the prompt's last block, so that others with this prompt start from it.
            prefixes.remember(sequence, isWhole && entry.getKey().tokens() == 0);
            if (isWhole) {
                draws.add(new Draw(entry.getKey(), planned.draft, logitsCount));
                for (int i = planned.count - 1; i < planned.rows(); i++) {
                    logitsRowsOfPass[logitsCount++] = row + i;
                }
            }
            row += planned.rows();
        }
        fedTokens += row;
        if (!draws.isEmpty()) {
            float[] logits = pass.logits(Arrays.copyOf(logitsRowsOfPass, logitsCount));
            if (row == logitsCount && draws.size() == 1) {
                costs.measured(row - 1, nanoTime.getAsLong() - started);
            }
            draw(draws, logits, logitsCount);
        }
    }

    /** The plan in the order of the pass's rows: an adapter's answers follow each other, so that it is read once. */
    private List<Map.Entry<Answer, Planned>> byAdapter() {
        Map<PrefixCache.Space, List<Map.Entry<Answer, Planned>>> groups = new LinkedHashMap<>();
        plan.entrySet()
                .forEach(entry -> groups.computeIfAbsent(entry.getKey().sequence().space, space -> new ArrayList<>())
                        .add(entry));
        return groups.values().stream().flatMap(List::stream).toList();
    }

    /** One answer's draws after a pass: its logits begin in row {@code firstRow}, one row more than it has guesses. */
    private final class Draw {
        private final Answer answer;
        private final int[] draft;
        private final int firstRow;
        private int accepted;
        private @Nullable FinishReason reason;
        private @Nullable Throwable failure;

        Draw(Answer answer, int[] draft, int firstRow) {
            this.answer = answer;
            this.draft = draft;
            this.firstRow = firstRow;
        }

        /** Draws as long as what is drawn is what was guessed. */
        void run(float[] logits, int rows, int scratch) {
            try {
                for (int i = 0; i <= draft.length; i++) {
                    reason = answer.draw(row(logits, rows, firstRow + i, scratch));
                    if (reason != null || i == draft.length || answer.lastToken() != draft[i]) {
                        return;
                    }
                    answer.sequence().fed++;
                    accepted++;
                }
            } catch (RuntimeException | Error thrown) { // a constraint's, for example: its own request's affair
                failure = thrown;
            }
        }

        /** The array that holds this row alone, as constraints and the sampler want it. */
        private float[] row(float[] logits, int rows, int row, int scratch) {
            if (rows == 1) {
                return logits;
            }
            System.arraycopy(logits, row * pass.vocabSize(), logitsRows[scratch], 0, pass.vocabSize());
            return logitsRows[scratch];
        }
    }

    private void draw(List<Draw> draws, float[] logits, int rows) {
        if (rows > 1) {
            reserveRows(draws.size());
        }
        pass.kernels().parallel(draws.size(), i -> draws.get(i).run(logits, rows, i));
        for (Draw draw : draws) {
            if (draw.draft.length > 0) {
                draftedTokens += draw.draft.length;
                acceptedTokens += draw.accepted;
            }
            if (draw.failure != null) {
                fail(draw.answer, draw.failure);
            } else if (draw.reason != null) {
                leave(draw.answer);
                draw.answer.end(draw.reason);
            }
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
                preemptions,
                draftedTokens,
                acceptedTokens);
    }
}
