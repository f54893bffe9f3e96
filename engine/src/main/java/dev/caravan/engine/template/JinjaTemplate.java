package dev.caravan.engine.template;

import dev.caravan.engine.template.JinjaSyntax.Body;
import dev.caravan.engine.template.JinjaTypes.None;
import java.time.Clock;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model's own chat template, in Jinja as transformers renders it: {@code trim_blocks}, {@code lstrip_blocks}, loop
 * controls, an immutable sandbox, {@code tojson} as Python's {@code json.dumps}, {@code strftime_now},
 * {@code raise_exception}, and {@code tools} and {@code documents} as None when there are none. Bounded in steps, depth and
 * output. Every character that came from a message comes out as untrusted. Immutable and thread-safe.
 *
 * <p>docs/reference/tokenizers.md lists what was compared with transformers.
 */
public final class JinjaTemplate implements ChatTemplate {
    private static final int MAX_SOURCE = 1 << 20;

    private final Body body;
    private final Map<String, Text> tokens;
    private final Clock clock;
    private final String name;

    private JinjaTemplate(Body body, Map<String, Text> tokens, Clock clock, String name) {
        this.body = body;
        this.tokens = tokens;
        this.clock = clock;
        this.name = name;
    }

    /**
     * Parses a template.
     *
     * @throws JinjaException if it is not sound Jinja or uses a statement that chat templates have no use for; the message
     *     names the line
     */
    public static JinjaTemplate parse(String source) {
        if (source.length() > MAX_SOURCE) {
            throw new JinjaException(
                    "it has %d characters; at most %d are supported".formatted(source.length(), MAX_SOURCE));
        }
        return new JinjaTemplate(
                JinjaParser.parse(source), Map.of(), Clock.system(ZoneId.systemDefault()), "chat template");
    }

    /**
     * This template with the spelling of special tokens, under the names that transformers gives them.
     *
     * @param spellings for example {@code bos_token} to {@code <bos>}
     */
    public JinjaTemplate withTokens(Map<String, String> spellings) {
        Map<String, Text> texts = new LinkedHashMap<>();
        spellings.forEach((name, spelling) -> texts.put(name, Text.trusted(spelling)));
        return new JinjaTemplate(body, texts, clock, name);
    }

    /** This template with another idea of today. */
    public JinjaTemplate withClock(Clock other) {
        return new JinjaTemplate(body, tokens, other, name);
    }

    /**
     * This template under a name for its failures.
     *
     * @param other for example {@code tokenizer.chat_template of model.gguf}
     */
    JinjaTemplate withName(String other) {
        return new JinjaTemplate(body, tokens, clock, other);
    }

    @Override
    public List<PromptPiece> render(List<ChatMessage> messages, TemplateOptions options) {
        if (messages.isEmpty()) {
            throw new IllegalArgumentException("a conversation needs at least one message");
        }
        String wanted = options.templateName();
        if (wanted != null && !wanted.equals(NamedTemplates.DEFAULT)) {
            throw new IllegalArgumentException("the model has one chat template and none named '%s'".formatted(wanted));
        }
        if (!options.continueFinalMessage()) {
            return pieces(text(MessageVariables.of(messages, options)));
        }
        Text whole = text(MessageVariables.of(FinalMessage.marked(messages), options));
        return pieces(FinalMessage.cut(whole, messages.getLast()));
    }

    /**
     * Renders with any variables.
     *
     * @param variables strings, numbers, booleans, lists and maps of these; all their strings count as untrusted
     * @throws IllegalArgumentException if the template fails (a {@link JinjaException} with the line) or refuses the
     *     conversation (with its own message)
     */
    public List<PromptPiece> render(Map<String, ?> variables) {
        return pieces(text(variables));
    }

    private Text text(Map<String, ?> variables) {
        JinjaScope globals = new JinjaScope(new JinjaRun(clock));
        JinjaGlobals.define(globals);
        JinjaScope scope = new JinjaScope(globals);
        scope.set("tools", None.NONE);
        scope.set("documents", None.NONE);
        tokens.forEach(scope::set);
        variables.forEach((variable, value) -> scope.set(variable, JinjaValues.imported(value)));
        try {
            return body.capture(scope);
        } catch (JinjaException problem) {
            throw problem.in(name);
        } catch (StackOverflowError deep) {
            // A template can nest lists in lists in a loop and then compare them; everything else is bounded by itself.
            throw new JinjaException("it nests values too deeply and was stopped").in(name);
        }
    }

    private static List<PromptPiece> pieces(Text text) {
        List<PromptPiece> pieces = new ArrayList<>();
        for (int start = 0; start < text.length(); ) {
            boolean untrusted = text.marks().get(start);
            int change =
                    untrusted ? text.marks().nextClearBit(start) : text.marks().nextSetBit(start);
            int end = change < 0 ? text.length() : Math.min(change, text.length());
            pieces.add(new PromptPiece(text.value().substring(start, end), !untrusted));
            start = end;
        }
        return pieces;
    }
}
