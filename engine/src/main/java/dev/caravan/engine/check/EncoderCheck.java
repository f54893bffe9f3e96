package dev.caravan.engine.check;

import dev.caravan.engine.CrossEncoder;
import dev.caravan.engine.CrossEncoders;
import dev.caravan.engine.TextEncoder;
import dev.caravan.engine.TextEncoder.InputKind;
import dev.caravan.engine.TextEncoders;
import dev.caravan.engine.format.Checkpoint;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Whether an embedding model brings texts of one meaning together, and a reranker puts the answer first. */
final class EncoderCheck {

    private static final String SUBJECT = "embedding";
    private static final String SENTENCE = "연차 휴가는 입사 1년 후 15일이 주어집니다.";
    private static final String PARAPHRASE = "입사한 지 한 해가 지나면 유급 휴가 15일을 받는다.";
    private static final String UNRELATED = "화성의 대기는 대부분 이산화탄소이다.";

    private static final String QUERY = "입사 1년이 지나면 휴가가 며칠인가요?";

    private final ModelCheck check;

    EncoderCheck(ModelCheck check) {
        this.check = check;
    }

    /** What the files hold; that all of it is understood shows when the model is loaded. */
    void files(Checkpoint checkpoint, CheckOptions options) {
        TensorKinds kinds = new TensorKinds(checkpoint);
        check.add(Finding.ok(
                        "tensors",
                        "%s, %s parameters in %s tensors: %s"
                                .formatted(
                                        checkpoint.modelType(),
                                        Shown.count(kinds.elements()),
                                        Shown.count(kinds.tensors()),
                                        kinds.types()))
                .with(kinds.lines()));
        long free = options.load().memoryBudgetBytes();
        String text = "%s of weights; free are %s".formatted(Shown.bytes(checkpoint.weightBytes()), Shown.bytes(free));
        check.add(
                checkpoint.weightBytes() <= free
                        ? Finding.ok("memory", text)
                        : Finding.problem("memory", text + "; free some"));
    }

    /** Loads an embedding model and compares three sentences. */
    void embedding(Path path, CheckOptions options) {
        try (TextEncoder encoder = TextEncoders.load(path, options.load().threads())) {
            check.add(Finding.ok(
                    "architecture",
                    "%s: vectors of %d values, texts of up to %d tokens"
                            .formatted(encoder.modelName(), encoder.dimension(), encoder.maxTokens())));
            long started = System.nanoTime();
            List<float[]> vectors = encoder.embed(List.of(SENTENCE, PARAPHRASE, UNRELATED), InputKind.PASSAGE);
            double seconds = (System.nanoTime() - started) / 1e9;
            check.add(
                    compared(cosine(vectors.get(0), vectors.get(1)), cosine(vectors.get(0), vectors.get(2)), seconds));
        }
    }

    private static Finding compared(double near, double far, double seconds) {
        String text = String.format(
                Locale.ROOT,
                "cosine of two paraphrases %.3f, of unrelated sentences %.3f (%.2f s for three)",
                near,
                far,
                seconds);
        return near > far
                ? Finding.ok(SUBJECT, text)
                : Finding.problem(
                        SUBJECT,
                        text + "; the unrelated one is nearer, so the vectors mean nothing: the weights are"
                                + " damaged or the model is of another kind");
    }

    /** Loads a reranker and scores a passage that answers a question, and one that does not. */
    void reranker(Path path, CheckOptions options) {
        try (CrossEncoder encoder = CrossEncoders.load(path, options.load().threads())) {
            check.add(Finding.ok(
                    "architecture",
                    "%s: scores pairs of up to %d tokens".formatted(encoder.modelName(), encoder.maxTokens())));
            float[] scores = encoder.score(QUERY, List.of(SENTENCE, UNRELATED));
            String text = String.format(
                    Locale.ROOT, "the passage that answers scores %.3f, an unrelated one %.3f", scores[0], scores[1]);
            check.add(
                    scores[0] > scores[1]
                            ? Finding.ok("reranker", text)
                            : Finding.problem(
                                    "reranker",
                                    text + "; the order is wrong, so the scores mean nothing: the weights are damaged"
                                            + " or the model is of another kind"));
        }
    }

    static double cosine(float[] a, float[] b) {
        double dot = 0;
        double lengthA = 0;
        double lengthB = 0;
        for (int i = 0; i < a.length; i++) {
            dot += (double) a[i] * b[i];
            lengthA += (double) a[i] * a[i];
            lengthB += (double) b[i] * b[i];
        }
        return dot / Math.sqrt(lengthA * lengthB);
    }
}
