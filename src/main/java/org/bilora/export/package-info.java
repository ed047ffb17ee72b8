/**
 * Trained models as TensorFlow Serving takes them.
 *
 * <p>Start with {@link org.bilora.export.SavedModelExport}, which describes the layout and the
 * signatures. An export is made in four steps, a class each:
 *
 * <ol>
 *   <li>{@link org.bilora.export.TrainedEncoder} folds every ΔW into the weight it adapts.
 *   <li>{@link org.bilora.export.ServingGraph} builds the forward pass on resource variables, with
 *       a signature for texts ({@link org.bilora.export.TextInput}) and three for ids ({@link
 *       org.bilora.export.RowPadding}), and the operations that restore variables and fill tables;
 *       {@link org.bilora.export.VariablesBundle} writes their values, {@link
 *       org.bilora.export.Assets} what a client needs besides, {@link
 *       org.bilora.export.WarmupRequests} what a server runs before the first request.
 *   <li>{@link org.bilora.export.ServingSession} loads the result by the loader that the server
 *       uses, and its logits are held against {@link org.bilora.export.ReferenceLogits}, those of
 *       the trained model.
 *   <li>{@link org.bilora.export.StagedDirectory} gives the folder its name, or removes it; {@link
 *       org.bilora.export.ServingFiles} writes what a server is started with.
 * </ol>
 *
 * <p>{@link org.bilora.export.ServedModel} is the way back: from an exported folder to labels of
 * texts.
 *
 * <p>{@link org.bilora.export.AdapterSet} makes one SavedModel of several runs on one base: {@link
 * org.bilora.export.AdapterBank} stacks their values, {@link org.bilora.export.RowAdapters} picks
 * each row's own in the graph, and {@link org.bilora.export.TextReadings} reads each row's texts as
 * its adapter was trained.
 *
 * <p>{@link org.bilora.export.DecoderExport} writes a GPT-2 that decodes inside its graph ({@link
 * org.bilora.export.DecoderGraph}). What both kinds of graph share is {@link
 * org.bilora.export.SavedGraph}.
 *
 * <p>{@link org.bilora.export.OnnxExport} writes the merged encoder as an ONNX file instead, by way
 * of {@link org.bilora.export.onnx}.
 *
 * <p>{@link org.bilora.export.EncoderDirectory} and {@link org.bilora.export.DecoderDirectory}
 * write a merged model as Hugging Face Transformers does.
 *
 * <p>All of them are {@link org.bilora.export.ExportForm}s. To add one, implement that interface
 * and name it in {@link org.bilora.export.ExportFormat}: the command line follows.
 *
 * <p>To add an output, name it in {@code ServingGraph.buildForwardPass}: the signature follows. To
 * add an asset, name it in {@code Assets.FILES} and write it there. To export another architecture,
 * give {@link org.bilora.export.ServingModel} its forward pass.
 *
 * <p>Uses {@code adapter}, {@code model}, {@code weights} and {@code text}.
 */
package org.bilora.export;
