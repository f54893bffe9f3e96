package dev.caravan.engine.generate;

import dev.caravan.engine.ContextOverflowException;
import dev.caravan.engine.QueueFullException;
import dev.caravan.engine.kernel.Kernels;
import dev.caravan.engine.layer.KvCacheType;
import dev.caravan.engine.layer.KvPagePool;
import dev.caravan.engine.layer.LowRankAdapter;
import dev.caravan.engine.model.Decoder;
import dev.caravan.engine.model.DecoderConfig;
import dev.caravan.engine.model.DecoderPass;
import dev.caravan.engine.tokenizer.Tokenizer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Generates answers for many callers at once: one thread owns the model's sequences and takes the next tokens of all of
 * them over the weights together. Callers wait on their own threads, where their listeners are called. Thread-safe; owns
 * its thread and the KV cache, not the kernels or the weights.
 *
 * <p>At most so many answers run as {@link Limits} say; further ones wait in the order in which they came, at most
 * {@value #MAX_WAITING}. See {@link Batch} for a step and {@link PrefixCache} for what prompts share.
 */
public final class BatchScheduler implements AutoCloseable {

    /** The most answers that wait while as many as may run are running. */
    public static final int MAX_WAITING = 32;

    /** Enough to share the weights among; each more makes all of them slower. */
    public static final int MAX_RUNNING = 16;

    private static final Logger log = LoggerFactory.getLogger(BatchScheduler.class);

    /**
     * The bounds.
     *
     * @param contextTokens the longest prompt and answer together
     * @param cachePages the most pages of keys and values, at least one context's and one more to copy to
     * @param maxRunning the most answers that run at the same time
     * @param cacheType how keys and values are kept
     * @param maxDrafting the most running answers whose next tokens are guessed; 0 never guesses. The answers are the same
     */
    public record Limits(int contextTokens, int cachePages, int maxRunning, KvCacheType cacheType, int maxDrafting) {

        public Limits {
            if (contextTokens < 1 || maxRunning < 1 || maxDrafting < 0 || cachePages < leastPages(contextTokens)) {
                throw new IllegalArgumentException("%d pages for a context of %d tokens and %d answers at once"
                        .formatted(cachePages, contextTokens, maxRunning));
            }
        }

        /** Guesses for one answer by itself: beside others its rows are better used for their tokens. */
        public Limits(int contextTokens, int cachePages, int maxRunning, KvCacheType cacheType) {
            this(contextTokens, cachePages, maxRunning, cacheType, 1);
        }

        /** The least memory for such a context, as many answers as are usual. */
        public static Limits least(int contextTokens, KvCacheType cacheType) {
            return new Limits(contextTokens, leastPages(contextTokens), MAX_RUNNING, cacheType);
        }

        /** The fewest pages with which an answer of a full context can run. */
        public static int leastPages(int contextTokens) {
            return KvPagePool.pagesFor(contextTokens) + 1;
        }
    }

    /** Logits twice, and a sampler's candidates and probabilities. */
    private static final int BYTES_PER_ANSWER_AND_TOKEN_ID = 3 * Float.BYTES + Long.BYTES;

    private final DecoderPass pass;
    private final Kernels kernels;
    private final Tokenizer tokenizer;
    private final Limits limits;
    private final KvPagePool pool;
    private final PrefixCache prefixes;
    private final Batch batch;
    private final Thread thread;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    /** Guarded by the lock. */
    private final ArrayDeque<Answer> waiting = new ArrayDeque<>();

    /** Guarded by the lock: the hashes of adapters that left, until the thread has dropped what it holds of them. */
    private final List<String> leftAdapters = new ArrayList<>();

    /** Guarded by the lock: the answers that did not end yet. */
    private int openAnswers;

    private volatile boolean isClosed;
    private volatile BatchStatistics statistics;

    /** Starts the thread. Only tokens of the tokenizer are drawn, not the padding that logits may have. */
    public BatchScheduler(Decoder decoder, Kernels kernels, Tokenizer tokenizer, Limits limits) {
        this(decoder, kernels, tokenizer, limits, System::nanoTime);
    }

    /** @param nanoTime a clock in nanoseconds */
    BatchScheduler(Decoder decoder, Kernels kernels, Tokenizer tokenizer, Limits limits, LongSupplier nanoTime) {
        this.pass = new DecoderPass(decoder, kernels, limits.contextTokens());
        this.kernels = kernels;
        this.tokenizer = tokenizer;
        this.limits = limits;
        this.pool = DecoderPass.newPool(decoder, limits.cachePages(), limits.cacheType());
        this.prefixes = new PrefixCache(pool);
        this.batch = new Batch(pass, pool, prefixes, limits, nanoTime);
        this.statistics = batch.statistics(0);
        this.thread = Thread.ofPlatform().daemon().name("caravan-batch").start(this::run);
    }

    /** The bytes of memory that a scheduler takes at most, beside the weights. */
    public static long bytes(DecoderConfig config, Limits limits) {
        long perAnswer = (long) BYTES_PER_ANSWER_AND_TOKEN_ID * config.vocabSize();
        return limits.cachePages() * config.cachePageBytes(limits.cacheType())
                + config.passBytes(limits.contextTokens())
                + limits.maxRunning() * perAnswer;
    }

    /** The longest prompt and answer together, in tokens. */
    public int contextTokens() {
        return limits.contextTokens();
    }

    /** The counts after the last step. */
    public BatchStatistics statistics() {
        return statistics;
    }

    /**
     * Generates one answer for each request, all at once, and returns when the last one ended. What their prompts have in
     * common is computed once. If one of them fails, the others are cancelled.
     *
     * @param listeners one for each request, called on this thread
     * @return in the order of the requests
     * @throws ContextOverflowException if a prompt leaves no room for an answer
     * @throws QueueFullException if too many answers wait already
     * @throws IllegalArgumentException if a prompt is empty or holds an unknown token, or an adapter is another model's
     * @throws dev.caravan.engine.AdapterClosedException if an adapter is out of service
     * @throws IllegalStateException if the scheduler is closed
     */
    public List<Generation> generate(List<GenerationRequest> requests, List<? extends GenerationListener> listeners) {
        if (requests.isEmpty() || requests.size() != listeners.size()) {
            throw new IllegalArgumentException(
                    "%d requests with %d listeners".formatted(requests.size(), listeners.size()));
        }
        Delivery delivery = new Delivery();
        List<Answer> answers = new ArrayList<>();
        for (GenerationRequest request : requests) {
            answers.add(answer(request, delivery));
        }
        enter(answers);
        try {
            return delivery.hear(answers, listeners);
        } finally {
            exit(answers);
        }
    }

    /**
     * Takes an adapter into service.
     *
     * @param name what messages call it
     * @param hash SHA-256 in hex of what makes its answers: adapters with the same one share keys and values
     * @param weights made for the decoder of this scheduler
     */
    public ServedAdapter serve(String name, String hash, LowRankAdapter weights) {
        return new ServedAdapter(name, hash, pass.decoder(), weights, this::adapterLeft);
    }

    private void adapterLeft(ServedAdapter adapter) {
        lock.lock();
        try {
            leftAdapters.add(adapter.hash());
            work.signal();
        } finally {
            lock.unlock();
        }
    }

    private Answer answer(GenerationRequest request, Delivery delivery) {
        int[] prompt = request.promptTokens();
        if (prompt.length == 0) {
            throw new IllegalArgumentException("the prompt is empty; give it at least one token");
        }
        if (prompt.length >= limits.contextTokens()) {
            throw new ContextOverflowException(prompt.length, limits.contextTokens());
        }
        pass.requireKnown(prompt, 0, prompt.length);
        int maxTokens = Math.min(request.maxTokens(), limits.contextTokens() - prompt.length);
        if (request.adapter() != null) {
            request.adapter().requireServedBy(pass.decoder());
        }
        Sequence sequence = new Sequence(prompt, maxTokens, pool, prefixes, request.adapter());
        return new Answer(request, sequence, delivery, tokenizer, kernels, maxTokens);
    }

    private void enter(List<Answer> answers) {
        lock.lock();
        try {
            if (isClosed) {
                throw closed();
            }
            if (openAnswers + answers.size() > limits.maxRunning() + MAX_WAITING) {
                throw new QueueFullException(waiting.size());
            }
            openAnswers += answers.size();
            waiting.addAll(answers);
            work.signal();
        } finally {
            lock.unlock();
        }
    }

    private static IllegalStateException closed() {
        return new IllegalStateException("the model is closed");
    }

    /** The caller goes; what has not ended yet ends without being heard. */
    private void exit(List<Answer> answers) {
        answers.forEach(Answer::abandon);
        lock.lock();
        try {
            openAnswers -= answers.size();
            waiting.removeAll(answers);
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        while (awaitWork()) {
            try {
                putBack(batch.step(() -> isClosed));
            } catch (RuntimeException | Error failure) { // the thread must outlive what one step met
                log.error("scheduler=step-failed running={}", batch.size(), failure);
                batch.failAll(failure);
            }
        }
        batch.cancelAll();
        refuseWaiting();
        pool.close();
    }

    /** Takes in what may run; false once the scheduler is closed. */
    private boolean awaitWork() {
        lock.lock();
        try {
            while (!isClosed) {
                leftAdapters.forEach(prefixes::drop);
                leftAdapters.clear();
                while (!waiting.isEmpty() && batch.hasRoomFor(waiting.element())) {
                    batch.add(waiting.remove());
                }
                statistics = batch.statistics(waiting.size());
                if (!batch.isEmpty()) {
                    return true;
                }
                work.awaitUninterruptibly();
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** The preempted are older than all that wait. */
    private void putBack(List<Answer> preempted) {
        if (preempted.isEmpty()) {
            return;
        }
        lock.lock();
        try {
            for (Answer answer : preempted.reversed()) {
                waiting.addFirst(answer);
            }
            waiting.removeIf(Answer::isAbandoned);
        } finally {
            lock.unlock();
        }
    }

    private void refuseWaiting() {
        lock.lock();
        try {
            waiting.forEach(answer -> answer.fail(closed()));
            waiting.clear();
            statistics = batch.statistics(0);
        } finally {
            lock.unlock();
        }
    }

    /** Refuses further requests, ends the running ones as cancelled and returns when the thread has ended. */
    @Override
    public void close() {
        lock.lock();
        try {
            isClosed = true;
            work.signal();
        } finally {
            lock.unlock();
        }
        boolean isInterrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException interruption) {
                isInterrupted = true;
            }
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
