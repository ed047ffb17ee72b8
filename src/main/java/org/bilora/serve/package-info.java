/**
 * An exported model over HTTP: TensorFlow Serving's REST interface, for machines without TensorFlow
 * Serving.
 *
 * <p>Start with {@link org.bilora.serve.ModelServer}, which puts the parts together. A request goes
 * through them in this order:
 *
 * <ol>
 *   <li>{@code HttpFront} takes it from Jetty; {@code ModelPath} reads its path, {@code BodyReader}
 *       its body, up to a size and a time. {@code HeaderDeadline} ends connections whose headers do
 *       not come.
 *   <li>{@code RestApi} answers it: {@code PredictJson} and {@code ExampleJson} turn JSON into
 *       {@code Values} and back.
 *   <li>A {@code ServedSignature} of the {@code ServedExport} makes the graph's inputs of them. It
 *       is one of the graph's own, or {@code TokenizedRequest}, which runs the packed tokenizer.
 *   <li>{@code Batcher} lets requests that come at the same time share a run of the model.
 * </ol>
 *
 * <p>What refuses a request throws {@code RequestRefusedException} with the HTTP status; the client
 * reads its message under {@code "error"}. Defaults are in {@link org.bilora.serve.ServeSettings}.
 *
 * <p>To add a type of tensor elements, add it to {@code ElementType}. To add a path, name it in
 * {@code Page}, or, below {@code /v1/}, in {@code ModelPath}. To count something, add it to {@code
 * ServerMetrics}.
 *
 * <p>Uses {@code export}, and {@code weights}, which names a missing library.
 */
package org.bilora.serve;
