package dev.caravan.engine.train.dataset;

import dev.caravan.engine.PromptEncoder;
import dev.caravan.engine.model.Golden;
import dev.caravan.engine.template.ChatTemplate;
import dev.caravan.engine.template.FolderChatTemplates;
import dev.caravan.engine.template.PlainTemplate;
import dev.caravan.engine.template.TemplateOptions;
import dev.caravan.engine.tokenizer.Tokenizer;
import dev.caravan.engine.tokenizer.TokenizerJson;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** Small vocabularies of the families with their templates, as a model's folder has them. */
final class TinyTemplates {
    static final String LLAMA_CONFIG = "{\"bos_token\": \"<|begin_of_text|>\", \"eos_token\": \"<|end_of_text|>\"}";
    static final String QWEN_CONFIG = "{\"eos_token\": \"<|im_end|>\"}";
    static final String GEMMA_CONFIG = "{\"bos_token\": \"<bos>\", \"eos_token\": \"<eos>\"}";
    static final String DATE = "24 Nov 2026";

    private TinyTemplates() {}

    /**
     * A model's tokenizer and template.
     *
     * @param folder an empty folder
     * @param tokenizer a name in golden/tokenizer
     * @param template a path in golden, or null for a base model
     */
    static PromptEncoder encoder(Path folder, String tokenizer, String config, @Nullable String template) {
        try (InputStream packed =
                new GZIPInputStream(Files.newInputStream(Golden.path("tokenizer/%s.json.gz".formatted(tokenizer))))) {
            Files.createDirectories(folder);
            Files.write(folder.resolve("tokenizer.json"), packed.readAllBytes());
            Files.writeString(folder.resolve("tokenizer_config.json"), config);
            if (template != null) {
                Files.write(folder.resolve("chat_template.jinja"), Files.readAllBytes(Golden.path(template)));
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        Tokenizer loaded = TokenizerJson.load(folder);
        ChatTemplate chatTemplate = FolderChatTemplates.fromFolder(folder).orElseGet(PlainTemplate::new);
        return new PromptEncoder(loaded, chatTemplate);
    }

    static ExampleEncoder examples(PromptEncoder encoder, int maxTokens) {
        return new ExampleEncoder(encoder, TemplateOptions.DEFAULT.withDateString(DATE), maxTokens);
    }

    /** What is learned of an example, as text; control tokens show as {@code <id>}. */
    static String learned(PromptEncoder encoder, TrainingExample example) {
        StringBuilder text = new StringBuilder();
        byte[] bytes = new byte[0];
        for (int t = 0; t <= example.tokens().length; t++) {
            byte[] next = t < example.tokens().length && example.learned().get(t)
                    ? encoder.tokenizer().bytes(example.tokens()[t])
                    : new byte[0];
            if (next.length == 0) {
                text.append(new String(bytes, StandardCharsets.UTF_8));
                bytes = new byte[0];
                if (t < example.tokens().length && example.learned().get(t)) {
                    text.append('<').append(example.tokens()[t]).append('>');
                }
            } else {
                byte[] both = Arrays.copyOf(bytes, bytes.length + next.length);
                System.arraycopy(next, 0, both, bytes.length, next.length);
                bytes = both;
            }
        }
        return text.toString();
    }
}
