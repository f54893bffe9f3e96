/**
 * From a file of training data to batches of tokens: rows in the usual formats, the model's own chat template, masks that
 * say what is learned, a held-out part, packing. Entry: {@link dev.caravan.engine.train.dataset.Dataset}; batches:
 * {@link dev.caravan.engine.train.dataset.Packing}. Uses the packages template, tokenizer and format.json.
 */
@NullMarked
package dev.caravan.engine.train.dataset;

import org.jspecify.annotations.NullMarked;
