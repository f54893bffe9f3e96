package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.TextEncoder.InputKind;
import dev.caravan.engine.kernel.KernelProvider;
import dev.caravan.testkit.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Damaged and hostile e5 files: one sentence, and nothing worse. */
class E5BadFileTest {

    private static final long SEED = 20261123;
    private static final int RANDOM_MUTATIONS = 1500;

    @TempDir
    Path folder;

    @Test
    void loadsTheSoundFileThatTheOthersAreMadeOf() {
        try (TextEncoder encoder = load(new TinyE5().write(folder.resolve("sound.bin")))) {
            assertThat(encoder.dimension()).isEqualTo(TinyE5.HIDDEN);
            assertThat(encoder.maxTokens()).isEqualTo(TinyE5.POSITIONS);
            assertThat(encoder.modelName()).isEqualTo("e5-1x32-12");
            assertThat(encoder.countTokens("AB\ufeff  가")).isEqualTo(4);
            assertThat(encoder.embed(List.of("a", "b".repeat(100)), InputKind.QUERY))
                    .hasSize(2);
        }
    }

    static Stream<Arguments> faults() {
        return Stream.of(
                fault("version = 2", e5 -> e5.version = 2),
                fault("hidden size = -1", e5 -> e5.hidden = -1),
                fault("hidden size = 2147483647", e5 -> e5.hidden = Integer.MAX_VALUE),
                fault("sizes that do not fit", e5 -> e5.heads = 5),
                fault("attention heads = 0", e5 -> e5.heads = 0),
                fault("values per block = 64", e5 -> e5.blockValues = 64),
                fault("epsilon = NaN", e5 -> e5.epsilon = Float.NaN),
                fault("epsilon = 0.0", e5 -> e5.epsilon = 0),
                fault("emb.pos with 96 values", e5 -> e5.positions = 3),
                fault("unk token = 10", e5 -> e5.unk = 10),
                fault("score of piece 0", e5 -> e5.firstScore = Float.POSITIVE_INFINITY),
                fault("piece 1 at bytes 3 to 2", e5 -> e5.secondPieceEnd = 2),
                fault("piece 1 at bytes 3 to 90000", e5 -> e5.secondPieceEnd = 90_000),
                fault("tokens 5 and 10", e5 -> e5.pieces.add("a")),
                fault("pieces of the vocabulary = 13", e5 -> e5.pieces.addAll(List.of("x", "y", "z"))),
                fault("replaced character = 65", e5 -> e5.secondReplaced = 'A'),
                fault("replaced character = -1", e5 -> e5.secondReplaced = -1),
                fault("bytes less than their section", e5 -> e5.replacedCharacters = 2),
                fault("bytes of replacements = -1", e5 -> e5.replacementBytesBeyond = -24),
                fault("two tensors of the name emb.type", e5 -> e5.entries.add(e5.entry("emb.type"))),
                fault("has none", e5 -> e5.entries.remove(e5.entry("l0.fo.w"))),
                fault("unknown type", e5 -> e5.entry("l0.q.w").type = 2),
                fault("no whole blocks", e5 -> e5.entry("l0.q.w").values = 33),
                fault("bytes of l0.q.b", e5 -> e5.entry("l0.q.b").bytes = 4),
                fault("offset of l0.q.b = 9223372036854775807", e5 -> e5.entry("l0.q.b").offset = Long.MAX_VALUE),
                fault("l0.k.b would end", e5 -> e5.entry("l0.k.b").offset = e5.bytes().length - 4L));
    }

    private static Arguments fault(String sentence, Consumer<TinyE5> fault) {
        return Arguments.of(sentence, fault);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    void refusesAFileWithOneFaultInASentenceThatNamesIt(String sentence, Consumer<TinyE5> fault) {
        TinyE5 e5 = new TinyE5();
        fault.accept(e5);
        assertRefused(e5.write(folder.resolve("faulty.bin")), sentence);
    }

    @Test
    void refusesWhatIsNotAnE5File() throws IOException {
        assertRefused(Files.write(folder.resolve("empty.bin"), new byte[0]), "not an e5 file");
        assertRefused(Files.writeString(folder.resolve("short.bin"), "E5"), "not an e5 file");
        assertRefused(Files.writeString(folder.resolve("model.bin"), "GGUF2 and more"), "not an e5 file");
        assertRefused(Files.writeString(folder.resolve("pytorch_model.bin"), "PK"), "pickle files can run code");
        assertRefused(folder.resolve("missing.bin"), "no such file");
        assertRefused(Files.createDirectory(folder.resolve("empty")), "no model.safetensors in the folder");
    }

    @Test
    void refusesTheRealFileCutShort() throws IOException {
        Path cut = folder.resolve("cut.bin");
        byte[] real = Files.readAllBytes(TestModels.e5Small());
        for (int length : new int[] {40, 71, 1_000_000, 4_600_000, 4_640_000, real.length - 1}) {
            assertRefused(Files.write(cut, Arrays.copyOf(real, length)), "truncated");
        }
    }

    @Test
    void refusesEveryTruncation() throws IOException {
        byte[] sound = new TinyE5().bytes();
        Path cut = folder.resolve("cut.bin");
        for (int length = 0; length < sound.length; length += length < 1500 ? 1 : 97) {
            Files.write(cut, Arrays.copyOf(sound, length));
            assertThatThrownBy(() -> load(cut)).isInstanceOf(ModelFormatException.class);
        }
    }

    @Test
    void survivesEveryByteOfItsHeadersChanged() throws IOException {
        byte[] sound = new TinyE5().bytes();
        int headers = sound.length
                - new TinyE5().entries.stream().mapToInt(e -> e.data.length).sum();
        for (int at = 4; at < headers; at++) {
            for (int value : new int[] {0, 1, 0x7F, 0x80, 0xFF}) {
                byte[] mutated = sound.clone();
                mutated[at] = (byte) value;
                assertSoundOrRefused(mutated, "byte %d = %d".formatted(at, value));
            }
        }
    }

    @Test
    void survivesRandomDamageAnywhere() throws IOException {
        byte[] sound = new TinyE5().bytes();
        Random random = new Random(SEED);
        for (int i = 0; i < RANDOM_MUTATIONS; i++) {
            byte[] mutated = sound.clone();
            int from = random.nextInt(sound.length);
            int length = Math.min(1 + random.nextInt(64), sound.length - from);
            for (int k = from; k < from + length; k++) {
                mutated[k] = (byte) random.nextInt();
            }
            assertSoundOrRefused(mutated, "mutation %d of seed %d".formatted(i, SEED));
        }
    }

    /** Either vectors of length 1 or a {@link ModelFormatException}; no other exception, no other vector. */
    private void assertSoundOrRefused(byte[] bytes, String mutation) throws IOException {
        Path file = Files.write(folder.resolve("mutated.bin"), bytes);
        try (TextEncoder encoder = load(file)) {
            for (float[] vector : encoder.embed(List.of("a가", "query"), InputKind.PASSAGE)) {
                double squares = 0;
                for (float value : vector) {
                    squares += value * value;
                }
                assertThat(squares).as(mutation).isBetween(0.999, 1.001);
            }
        } catch (ModelFormatException refused) {
            assertThat(refused.file()).as(mutation).isEqualTo(file.toString());
        } catch (RuntimeException unexpected) {
            throw new AssertionError(mutation, unexpected);
        }
    }

    private static void assertRefused(Path file, String sentence) {
        assertThatThrownBy(() -> load(file))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith(file.getFileName() + ": ")
                .hasMessageContaining(sentence)
                .hasMessageNotContaining("\n");
    }

    private static TextEncoder load(Path file) {
        return TextEncoders.load(file, EncoderOptions.defaults(), KernelProvider.scalar());
    }
}
