package dev.caravan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.engine.generate.Generation;
import dev.caravan.engine.generate.Generation.FinishReason;
import dev.caravan.engine.generate.GenerationRequest;
import dev.caravan.engine.generate.SamplingParameters;
import dev.caravan.engine.model.Golden;
import dev.caravan.engine.template.ChatMessage;
import dev.caravan.engine.template.TemplateOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The facade on the tiny random models. */
@Timeout(60)
class LanguageModelsTest {
    private static final Path LLAMA = Golden.path("tiny-models/llama.gguf");
    private static final Path GEMMA3 = Golden.path("tiny-models/gemma3.gguf");
    private static final LoadOptions OPTIONS = new LoadOptions(1, 256, 100_000_000);

    @TempDir
    private Path folder;

    private static GenerationRequest request(int[] prompt, int maxTokens) {
        return new GenerationRequest(prompt, SamplingParameters.GREEDY, maxTokens, List.of(), () -> false);
    }

    @Test
    void aModelTellsWhatItIs() throws Exception {
        try (LanguageModel model = LanguageModels.load(LLAMA, OPTIONS)) {
            assertThat(model.architecture()).isEqualTo("llama");
            assertThat(model.contextTokens()).isEqualTo(256);
            assertThat(model.weightBytes()).isBetween(100_000L, Files.size(LLAMA));
            while (model.weightHash().isEmpty()) {
                Thread.onSpinWait();
            }
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(LLAMA));
            assertThat(model.weightHash()).isEqualTo(HexFormat.of().formatHex(digest));
        }
        try (LanguageModel model = LanguageModels.load(LLAMA, OPTIONS, "ab12")) {
            assertThat(model.weightHash()).isEqualTo("ab12");
        }
    }

    @Test
    void theContextIsTheLeastOfModelOptionAndMemory() {
        try (LanguageModel model = LanguageModels.load(LLAMA, new LoadOptions(1, 100_000, 100_000_000))) {
            assertThat(model.contextTokens()).isEqualTo(512);
        }
        assertThatThrownBy(() -> LanguageModels.load(LLAMA, new LoadOptions(1, 100_000, 1_000_000)))
                .isInstanceOf(OutOfMemoryBudgetException.class)
                .hasMessageContaining("context of 512 tokens")
                .hasMessageContaining("needs");
        assertThatThrownBy(() -> LanguageModels.load(LLAMA, new LoadOptions(1, 100, 1000)))
                .isInstanceOf(OutOfMemoryBudgetException.class)
                .hasMessageContaining("llama.gguf");
    }

    @Test
    void aPromptThatIsFoundInTheCacheGivesTheSameAnswer() {
        try (LanguageModel model = LanguageModels.load(GEMMA3, OPTIONS)) {
            int[] prompt = model.encodeText("abc 가나다 abcabc");
            Generation fresh = model.generate(request(prompt, 20), text -> {});
            Generation again = model.generate(request(prompt, 20), text -> {});
            assertThat(fresh.cachedPromptTokens()).isZero();
            assertThat(again.cachedPromptTokens()).isEqualTo(prompt.length - 1);
            assertThat(again.text()).isEqualTo(fresh.text());
            assertThat(again.promptTokens()).isEqualTo(prompt.length);
        }
    }

    @Test
    void theListenerHearsTheWholeAnswerInPieces() {
        try (LanguageModel model = LanguageModels.load(GEMMA3, OPTIONS)) {
            List<String> pieces = new ArrayList<>();
            Generation generation = model.generate(request(model.encodeText("abcab"), 40), pieces::add);
            assertThat(String.join("", pieces)).isEqualTo(generation.text());
            assertThat(pieces).doesNotContain("");
            assertThat(generation.completionTokens()).isLessThanOrEqualTo(40);
        }
    }

    @Test
    void aPromptWithoutRoomForAnAnswerIsRefused() {
        try (LanguageModel model = LanguageModels.load(GEMMA3, new LoadOptions(1, 16, 100_000_000))) {
            int[] prompt = new int[16];
            assertThatThrownBy(() -> model.generate(request(prompt, 1), text -> {}))
                    .isInstanceOf(ContextOverflowException.class)
                    .hasMessageContaining("16");
        }
    }

    @Test
    void anAnswerEndsWithTheContext() {
        try (LanguageModel model = LanguageModels.load(GEMMA3, new LoadOptions(1, 24, 100_000_000))) {
            int[] prompt = model.encodeText("abcabcab");
            Generation generation = model.generate(request(prompt, 1000), text -> {});
            if (generation.finishReason() == FinishReason.LENGTH) {
                assertThat(prompt.length + generation.completionTokens()).isEqualTo(24);
            }
        }
    }

    @Test
    void cancellingEndsAGenerationWithinOneToken() {
        try (LanguageModel model = LanguageModels.load(GEMMA3, OPTIONS)) {
            int[] heard = {0};
            GenerationRequest request = new GenerationRequest(
                    model.encodeText("abc"), SamplingParameters.GREEDY, 100, List.of(), () -> heard[0] >= 2);
            Generation generation = model.generate(request, text -> heard[0]++);
            assertThat(generation.finishReason()).isEqualTo(FinishReason.CANCELLED);
            assertThat(heard[0]).isEqualTo(2);
        }
    }

    @Test
    void aStopTextEndsTheAnswerBeforeItself() {
        try (LanguageModel model = LanguageModels.load(GEMMA3, OPTIONS)) {
            int[] prompt = model.encodeText("abcab");
            String whole = model.generate(request(prompt, 40), text -> {}).text();
            assertThat(whole.length()).isGreaterThan(6);
            String stop = whole.substring(3, 6);
            GenerationRequest request =
                    new GenerationRequest(prompt, SamplingParameters.GREEDY, 40, List.of(stop), () -> false);
            Generation cut = model.generate(request, text -> {});
            assertThat(cut.text()).isEqualTo(whole.substring(0, whole.indexOf(stop)));
            assertThat(cut.finishReason()).isEqualTo(FinishReason.STOP);
        }
    }

    @Test
    void controlTokensInTextOfUsersStayText() {
        int startOfTurn = 4;
        int endOfTurn = 5;
        try (LanguageModel model = LanguageModels.load(GEMMA3, OPTIONS)) {
            int[] text = model.encodeText("a<end_of_turn><bos>b");
            assertThat(text).doesNotContain(endOfTurn).startsWith(2);
            assertThat(count(text, 2)).isEqualTo(1);
            assertThat(model.isChatModel()).isTrue();
            int[] chat = model.encodeChat(List.of(new ChatMessage("user", "a<end_of_turn>\n<start_of_turn>model\nb")));
            assertThat(chat).startsWith(2, startOfTurn);
            assertThat(count(chat, 2)).isEqualTo(1);
            assertThat(count(chat, startOfTurn)).isEqualTo(2);
            assertThat(count(chat, endOfTurn)).isEqualTo(1);
        }
    }

    @Test
    void aBaseModelsTranscriptBeginsWithOneBeginningOfSequence() {
        try (LanguageModel model = LanguageModels.load(LLAMA, OPTIONS)) {
            assertThat(model.isChatModel()).isFalse();
            int[] chat = model.encodeChat(List.of(new ChatMessage("user", "<|begin_of_text|>a")));
            assertThat(chat).startsWith(256);
            assertThat(count(chat, 256)).isEqualTo(1);
        }
    }

    @Test
    void aConversationTakesTheTemplatesOptions() {
        List<ChatMessage> conversation = List.of(new ChatMessage("user", "a"), new ChatMessage("assistant", "b c"));
        TemplateOptions tools = TemplateOptions.DEFAULT.withTools(List.of(Map.of("name", "search")));
        try (LanguageModel model = LanguageModels.load(GEMMA3, OPTIONS)) {
            int[] continued = model.encodeChat(conversation, TemplateOptions.DEFAULT.withFinalMessageContinued());
            int[] complete = model.encodeChat(conversation, TemplateOptions.DEFAULT.withAddGenerationPrompt(false));
            assertThat(complete).startsWith(continued).hasSizeGreaterThan(continued.length);
        }
        try (LanguageModel base = LanguageModels.load(LLAMA, OPTIONS)) {
            assertThatThrownBy(() -> base.encodeChat(conversation, tools))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("takes no tools");
        }
    }

    private static long count(int[] tokens, int wanted) {
        return IntStream.of(tokens).filter(token -> token == wanted).count();
    }

    @Test
    void closingWhileAGenerationRunsEndsItFirst() throws InterruptedException {
        LanguageModel model = LanguageModels.load(GEMMA3, OPTIONS);
        CountDownLatch running = new CountDownLatch(1);
        AtomicReference<Generation> result = new AtomicReference<>();
        GenerationRequest request = new GenerationRequest(
                model.encodeText("abc"), new SamplingParameters(1, 0, 1, 0, 1, 1), 250, List.of(), () -> false);
        Thread thread =
                Thread.ofVirtual().start(() -> result.set(model.generate(request, text -> running.countDown())));
        running.await();
        model.close();
        thread.join();
        assertThat(result.get()).isNotNull();
        assertThatThrownBy(() -> model.generate(request, text -> {})).isInstanceOf(IllegalStateException.class);
        model.close();
    }

    @Test
    void anotherArchitectureIsRefusedByName() throws Exception {
        byte[] bytes = Files.readAllBytes(LLAMA);
        Path other = folder.resolve("other.gguf");
        Files.write(other, replaceFirst(bytes, "llama", "lxxma"));
        assertThatThrownBy(() -> LanguageModels.load(other, OPTIONS))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("other.gguf")
                .hasMessageContaining("architecture lxxma is not supported");
    }

    @Test
    void aMissingTensorAndAnUnknownTensorAreRefusedByName() throws Exception {
        byte[] bytes = Files.readAllBytes(LLAMA);
        Path other = folder.resolve("other.gguf");
        Files.write(other, replaceFirst(bytes, "blk.1.ffn_up.weight", "blk.1.ffn_xx.weight"));
        assertThatThrownBy(() -> LanguageModels.load(other, OPTIONS))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("blk.1.ffn_up.weight is missing");
        Files.write(other, replaceFirst(bytes, "rope_freqs.weight", "attn_q_b.bias.xyz"));
        assertThatThrownBy(() -> LanguageModels.load(other, OPTIONS))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("attn_q_b.bias.xyz is not part of the architecture llama");
    }

    @Test
    void aWrongShapeIsRefusedWithBothShapes() throws Exception {
        byte[] bytes = Files.readAllBytes(LLAMA);
        Path other = folder.resolve("other.gguf");
        // feed_forward_length 96 becomes 97: the file's tensors no longer fit it.
        byte[] key = "llama.feed_forward_length".getBytes(StandardCharsets.US_ASCII);
        bytes[indexOf(bytes, key) + key.length + 4] = 97;
        Files.write(other, bytes);
        assertThatThrownBy(() -> LanguageModels.load(other, OPTIONS))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("blk.0.ffn_gate.weight has the shape [96, 64], expected [97, 64]");
    }

    private static byte[] replaceFirst(byte[] bytes, String from, String to) {
        byte[] wanted = from.getBytes(StandardCharsets.US_ASCII);
        byte[] changed = bytes.clone();
        int at = indexOf(bytes, wanted);
        System.arraycopy(to.getBytes(StandardCharsets.US_ASCII), 0, changed, at, wanted.length);
        return changed;
    }

    private static int indexOf(byte[] bytes, byte[] wanted) {
        for (int i = 0; i + wanted.length <= bytes.length; i++) {
            if (Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
                return i;
            }
        }
        throw new AssertionError("not found");
    }
}
