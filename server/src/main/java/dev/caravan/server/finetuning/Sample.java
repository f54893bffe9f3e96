package dev.caravan.server.finetuning;

import dev.caravan.engine.LanguageModel;
import dev.caravan.engine.LoadOptions;
import dev.caravan.engine.QuantizationConfig;
import dev.caravan.engine.generate.Generation;
import dev.caravan.engine.generate.GenerationRequest;
import dev.caravan.engine.generate.ServedAdapter;
import dev.caravan.engine.lora.LoraAdapter;
import dev.caravan.engine.lora.PeftFolder;
import dev.caravan.engine.template.ChatMessage;
import java.nio.file.Path;
import java.util.List;

/** {@code ./caravan train sample}: asks a model, with an adapter or without, and prints what it says. */
final class Sample {
    private final CommandContext context;
    private final SampleOptions options;

    Sample(CommandContext context, SampleOptions options) {
        this.context = context;
        this.options = options;
    }

    /**
     * Asks.
     *
     * @return the exit status
     * @throws dev.caravan.engine.ModelFormatException if the adapter is damaged or of another base
     */
    int run() {
        Path path = context.model(options.model());
        List<String> questions = options.questionsFile().isEmpty()
                ? options.questions()
                : Questions.lines(context.path(options.questionsFile()));
        if (options.adapter().isEmpty()) {
            try (LanguageModel model =
                    Answers.load(path, options.quantization(), LoadOptions.DEFAULT_CONTEXT_TOKENS, "")) {
                questions.forEach(question -> print(question, model, request(model, question)));
            }
            return TrainRun.DONE;
        }
        LoraAdapter adapter = adapter(path);
        try (LanguageModel model = Answers.load(
                        path, options.quantization(), LoadOptions.DEFAULT_CONTEXT_TOKENS, adapter.baseHash());
                ServedAdapter served = model.serve(options.adapter(), adapter)) {
            questions.forEach(
                    question -> print(question, model, request(model, question).withAdapter(served, 1)));
        }
        return TrainRun.DONE;
    }

    private LoraAdapter adapter(Path path) {
        int threads = Runtime.getRuntime().availableProcessors();
        try (TrainingBase base = TrainingBase.open(path, QuantizationConfig.NONE, threads, Long.MAX_VALUE)) {
            return PeftFolder.read(context.path(options.adapter()), base.decoder(), base.weightHash());
        }
    }

    private GenerationRequest request(LanguageModel model, String question) {
        return Answers.request(
                model.encodeChat(List.of(new ChatMessage("user", question))),
                options.maxTokens(),
                context.isInterrupted());
    }

    private void print(String question, LanguageModel model, GenerationRequest request) {
        Generation answer = model.generate(request, text -> {});
        context.result().println(ExampleText.printable(question));
        context.result()
                .println("  "
                        + ExampleText.printable(Answers.text(answer).strip()).replace("\n", "\n  "));
        context.result().println();
    }
}
