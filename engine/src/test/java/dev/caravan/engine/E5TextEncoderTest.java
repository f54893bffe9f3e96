package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.TextEncoder.InputKind;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.testkit.TestModels;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The encoder on the real weights, against the reference engine of the file. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class E5TextEncoderTest {

    /** Measured: 0.9998 at the least; the reference rounds activations to 8 bits. */
    private static final double LEAST_COSINE = 0.995;

    /** Of 20 questions; the reference and Caravan find 19 passages first and one second, by 0.004. */
    private static final int LEAST_ANSWERED = 18;

    /** The Vector API leaves the order of a float sum open: interpreted and compiled code may round differently. */
    private static final Offset<Float> ROUNDING = Offset.offset(1e-5f);

    private LoadedTextEncoder encoder;

    @BeforeAll
    void load() {
        encoder = TextEncoders.load(TestModels.e5Small(), EncoderOptions.defaults(), KernelProvider.create(2));
    }

    @AfterAll
    void close() {
        encoder.close();
    }

    @Test
    void cutsEveryTextIntoTheReferencesTokens() {
        List<E5Golden.Case> cases = E5Golden.cases();
        assertThat(cases).hasSizeGreaterThanOrEqualTo(100);
        for (E5Golden.Case golden : cases) {
            assertThat(encoder.tokens(golden.text(), golden.kind()))
                    .as(golden.toString())
                    .isEqualTo(golden.ids());
        }
    }

    @Test
    void givesTheReferencesVectors() {
        for (InputKind kind : InputKind.values()) {
            List<E5Golden.Case> cases =
                    E5Golden.cases().stream().filter(c -> c.kind() == kind).toList();
            List<float[]> vectors =
                    encoder.embed(cases.stream().map(E5Golden.Case::text).toList(), kind);
            for (int i = 0; i < vectors.size(); i++) {
                assertThat(dot(vectors.get(i), cases.get(i).vector()))
                        .as(cases.get(i).toString())
                        .isGreaterThanOrEqualTo(LEAST_COSINE);
            }
        }
    }

    @Test
    void findsForEachQuestionThePassageThatTheReferenceFinds() {
        List<E5Golden.Pair> pairs = E5Golden.pairs();
        List<float[]> queries =
                encoder.embed(pairs.stream().map(E5Golden.Pair::query).toList(), InputKind.QUERY);
        List<float[]> passages =
                encoder.embed(pairs.stream().map(E5Golden.Pair::passage).toList(), InputKind.PASSAGE);
        List<E5Golden.Case> reference = E5Golden.cases();
        List<float[]> referencePassages = reference.subList(pairs.size(), 2 * pairs.size()).stream()
                .map(E5Golden.Case::vector)
                .toList();
        int answered = 0;
        for (int i = 0; i < pairs.size(); i++) {
            int nearest = nearest(queries.get(i), passages);
            assertThat(nearest)
                    .as(pairs.get(i).query())
                    .isEqualTo(nearest(reference.get(i).vector(), referencePassages));
            answered += nearest == i ? 1 : 0;
        }
        assertThat(answered).isGreaterThanOrEqualTo(LEAST_ANSWERED);
    }

    private static int nearest(float[] query, List<float[]> passages) {
        int nearest = 0;
        for (int i = 1; i < passages.size(); i++) {
            if (dot(query, passages.get(i)) > dot(query, passages.get(nearest))) {
                nearest = i;
            }
        }
        return nearest;
    }

    @Test
    void givesTheSameVectorAloneAndInABatch() {
        List<String> texts =
                E5Golden.pairs().stream().map(E5Golden.Pair::passage).toList();
        List<float[]> batched = encoder.embed(texts, InputKind.PASSAGE);
        for (int i = 0; i < texts.size(); i += 7) {
            assertThat(encoder.embed(List.of(texts.get(i)), InputKind.PASSAGE).getFirst())
                    .containsExactly(batched.get(i), ROUNDING);
        }
    }

    @Test
    void givesVectorsOfLengthOneAndAnotherForEachKind() {
        float[] query = encoder.embed(List.of("서울"), InputKind.QUERY).getFirst();
        float[] passage = encoder.embed(List.of("서울"), InputKind.PASSAGE).getFirst();

        assertThat(query).hasSize(encoder.dimension()).hasSize(384);
        assertThat(dot(query, query)).isBetween(0.99999, 1.00001);
        assertThat(dot(query, passage)).isLessThan(0.999);
    }

    @Test
    void cutsALongTextAtTheEncodersLength() {
        String page = "긴 문서의 한 문장입니다. ".repeat(10_000);
        int[] ids = encoder.tokens(page, InputKind.PASSAGE);

        assertThat(ids).hasSize(encoder.maxTokens()).hasSize(512);
        assertThat(ids).startsWith(0).endsWith(2);
        assertThat(dot(
                        encoder.embed(List.of(page), InputKind.PASSAGE).getFirst(),
                        encoder.embed(List.of(page.substring(0, 5000)), InputKind.PASSAGE)
                                .getFirst()))
                .isGreaterThan(0.99999);
        assertThat(encoder.countTokens(page)).isGreaterThan(50_000);
    }

    @Test
    void countsTheTokensOfATextWithoutPrefixAndSpecialTokens() {
        assertThat(encoder.countTokens("")).isZero();
        assertThat(encoder.countTokens("안녕하세요"))
                .isEqualTo(encoder.tokens("안녕하세요", InputKind.QUERY).length
                        - encoder.tokens("", InputKind.QUERY).length
                        + 1); // the empty query keeps the mark of the prefix's last space
    }

    @Test
    void embedsEmptyAndBlankTexts() {
        assertThat(encoder.embed(List.of(), InputKind.QUERY)).isEmpty();
        assertThat(encoder.embed(List.of("", " \n"), InputKind.QUERY)).hasSize(2);
    }

    @Test
    void neverTurnsTextIntoControlTokens() {
        assertThat(encoder.tokens("<s></s><pad><mask><unk>", InputKind.PASSAGE))
                .satisfies(ids -> assertThat(ids).startsWith(0).endsWith(2))
                .satisfies(ids -> {
                    for (int i = 1; i < ids.length - 1; i++) {
                        assertThat(ids[i]).isGreaterThan(3).isLessThan(250_001);
                    }
                });
    }

    @Test
    void readsDecomposedHangulAsComposed() {
        String text = "한글 자모가 풀린 파일 이름";
        assertThat(encoder.tokens(Normalizer.normalize(text, Normalizer.Form.NFD), InputKind.PASSAGE))
                .isEqualTo(encoder.tokens(text, InputKind.PASSAGE));
    }

    @Test
    void readsHalfACharacterWithoutFailing() {
        assertThat(encoder.embed(List.of("\ud83d", "\ude00 뒤", "\u0000"), InputKind.PASSAGE))
                .hasSize(3);
    }

    @Test
    void servesSeveralThreadsAtOnce() throws Exception {
        List<String> texts =
                E5Golden.pairs().stream().map(E5Golden.Pair::query).limit(6).toList();
        List<float[]> expected = encoder.embed(texts, InputKind.QUERY);
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<List<float[]>>> answers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                answers.add(threads.submit(() -> encoder.embed(texts, InputKind.QUERY)));
            }
            for (Future<List<float[]>> answer : answers) {
                for (int i = 0; i < texts.size(); i++) {
                    assertThat(answer.get().get(i)).containsExactly(expected.get(i), ROUNDING);
                }
            }
        }
    }

    @Test
    void namesTheModelAndItsLimits() {
        assertThat(encoder.modelName()).isEqualTo("multilingual-e5-small");
        assertThat(encoder.maxTokens()).isEqualTo(512);
    }

    @Test
    void refusesToEmbedOnceItIsClosed() {
        TextEncoder closed = TextEncoders.load(TestModels.e5Small());
        closed.close();
        closed.close();
        assertThatThrownBy(() -> closed.embed(List.of("서울"), InputKind.QUERY))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }

    private static double dot(float[] left, float[] right) {
        double sum = 0;
        for (int i = 0; i < left.length; i++) {
            sum += (double) left[i] * right[i];
        }
        return sum;
    }
}
