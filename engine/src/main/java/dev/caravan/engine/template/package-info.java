/** Chat messages to prompts by the model's own Jinja template. Entry: {@link dev.caravan.engine.template.ChatTemplate}. */
@NullMarked
package dev.caravan.engine.template;

import org.jspecify.annotations.NullMarked;
