package dev.caravan.engine.check;

import dev.caravan.engine.TextEncoder;
import dev.caravan.engine.TextEncoder.InputKind;
import java.util.List;
import java.util.Locale;

/** Whether an embedding model brings texts of one meaning together. */
final class EncoderCheck {

    private static final String SUBJECT = "embedding";
    private static final String SENTENCE = "연차 휴가는 입사 1년 후 15일이 주어집니다.";
    private static final String PARAPHRASE = "입사한 지 한 해가 지나면 유급 휴가 15일을 받는다.";
    private static final String UNRELATED = "화성의 대기는 대부분 이산화탄소이다.";

    private final ModelCheck check;
    private final TextEncoder encoder;

    EncoderCheck(ModelCheck check, TextEncoder encoder) {
        this.check = check;
        this.encoder = encoder;
    }

    void run() {
        check.add(Finding.ok(
                "architecture",
                "%s: vectors of %d values, texts of up to %d tokens"
                        .formatted(encoder.modelName(), encoder.dimension(), encoder.maxTokens())));
        check.part(SUBJECT, this::compare);
    }

    private void compare() {
        long started = System.nanoTime();
        List<float[]> vectors = encoder.embed(List.of(SENTENCE, PARAPHRASE, UNRELATED), InputKind.PASSAGE);
        double seconds = (System.nanoTime() - started) / 1e9;
        double near = cosine(vectors.get(0), vectors.get(1));
        double far = cosine(vectors.get(0), vectors.get(2));
        String text = String.format(
                Locale.ROOT,
                "cosine of two paraphrases %.3f, of unrelated sentences %.3f (%.2f s for three)",
                near,
                far,
                seconds);
        check.add(
                near > far
                        ? Finding.ok(SUBJECT, text)
                        : Finding.problem(
                                SUBJECT,
                                text + "; the unrelated one is nearer, so the vectors mean nothing: the weights are"
                                        + " damaged or the model is of another kind"));
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
