/**
 * Text from a decoder: greedy, sampled and by beam search.
 *
 * <p>Start with {@link org.bilora.generate.TextGenerator}, which runs prompts in batches with
 * {@link org.bilora.generate.DecodingSettings}. The ways to choose tokens are the records of {@link
 * org.bilora.generate.DecodingMethod}: each says what it computes and brings its {@code Search},
 * the search for one prompt, on the host. Searches are fed by {@code NextTokens}: a decoder that
 * keeps keys and values ({@code CachedDecoder}, one run of its graph per token) or one that reads
 * everything again ({@code UncachedDecoder}, to compare with). {@code Constraints} says which
 * tokens may not follow.
 *
 * <p>{@link org.bilora.generate.GreedyLoop} is greedy decoding as part of a graph, for exports.
 *
 * <p>To add a method, write a record of {@code DecodingMethod} and its {@code Search}; a search
 * sees the most probable tokens of its rows and says which rows go on, so that it needs no graph of
 * its own. Test it against a slow search over whole prefixes, as {@code BeamSearchTest} does.
 *
 * <p>Uses {@code model}, {@code weights} and {@code text}.
 */
package org.bilora.generate;
