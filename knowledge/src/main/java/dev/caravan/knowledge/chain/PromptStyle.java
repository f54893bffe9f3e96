package dev.caravan.knowledge.chain;

/** How a prompt is worded: the two kinds of causal language models need different ones. */
public enum PromptStyle {
    /** For models tuned to follow instructions. */
    INSTRUCT,
    /** For base models, which only continue a text; their messages are rendered as a plain transcript. */
    COMPLETION
}
