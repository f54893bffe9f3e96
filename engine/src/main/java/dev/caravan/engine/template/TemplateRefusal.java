package dev.caravan.engine.template;

/** The template itself refused the conversation ({@code raise_exception}); the message is the template's own. */
final class TemplateRefusal extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    TemplateRefusal(String message) {
        super(message);
    }
}
