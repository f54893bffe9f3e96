package dev.caravan.engine.check;

import dev.caravan.engine.LanguageModel;
import dev.caravan.engine.LanguageModels;
import dev.caravan.engine.OutOfMemoryBudgetException;
import dev.caravan.engine.generate.Generation;
import dev.caravan.engine.generate.GenerationRequest;
import dev.caravan.engine.generate.SamplingParameters;
import dev.caravan.engine.template.ChatMessage;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** What a model says: the likeliest continuation of a short Korean prompt, through the door that the server uses. */
final class SampleCheck {

    private static final String SUBJECT = "sample";
    private static final String PROMPT = "대한민국의 수도는";
    private static final String QUESTION = "대한민국의 수도는 어디인가요?";
    private static final int SHOWN_CHARACTERS = 400;

    private SampleCheck() {}

    static List<Finding> run(Path path, CheckOptions options) {
        long started = System.nanoTime();
        try (LanguageModel model = LanguageModels.load(path, options.load())) {
            double loaded = (System.nanoTime() - started) / 1e9;
            boolean isChat = model.isChatModel();
            int[] prompt =
                    isChat ? model.encodeChat(List.of(new ChatMessage("user", QUESTION))) : model.encodeText(PROMPT);
            // The first run warms the machine's code up and reads the prompt: what is timed is the second.
            generate(model, prompt, options.sampleTokens());
            long begun = System.nanoTime();
            Generation sample = generate(model, prompt, options.sampleTokens());
            double seconds = (System.nanoTime() - begun) / 1e9;
            return List.of(finding(isChat ? QUESTION : PROMPT, sample, loaded, seconds));
        } catch (OutOfMemoryBudgetException tooLarge) {
            return List.of(Finding.problem(SUBJECT, String.valueOf(tooLarge.getMessage())));
        }
    }

    private static Generation generate(LanguageModel model, int[] prompt, int tokens) {
        GenerationRequest request =
                new GenerationRequest(prompt, SamplingParameters.GREEDY, tokens, List.of(), () -> false);
        return model.generate(request, text -> {});
    }

    private static Finding finding(String prompt, Generation sample, double loaded, double seconds) {
        String text = String.format(
                Locale.ROOT,
                "%s gives %s (%d tokens, %.1f tokens/s, loaded in %.1f s)",
                Shown.quoted(prompt, SHOWN_CHARACTERS),
                Shown.quoted(sample.text(), SHOWN_CHARACTERS),
                sample.completionTokens(),
                sample.completionTokens() / seconds,
                loaded);
        return sample.text().isBlank()
                ? Finding.warning(SUBJECT, text + "; nothing that can be read came out")
                : Finding.ok(SUBJECT, text);
    }
}
