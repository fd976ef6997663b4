/* model.h: networks of layers, written down as text or put together by hand.
 *
 * The text is a list of statements, separated by `;` or line ends; `#` starts a comment.
 *
 *     statement = [name{,name} =] kind {value} {key=value} [block] [from ref {ref}]
 *
 * Every model starts with `input`; the first input is the current value, which a statement without
 * `from` works on; `.` writes it. Pictures are H W C; `input any any 3` leaves the size open; a
 * vector is a 1x1 picture.
 *
 *     input 100; conv_transpose2d 512 kernel=4; batchnorm; relu; ...; tanh
 *
 *     x = conv2d 64 kernel=3 pad=1      a named result, set once, local to its block
 *     concat from x .                   operands
 *     input image 64 64 3               a named input; all inputs stand before the first layer
 *     output a b                        names the outputs, at the end; without it: the last value
 *     default conv2d kernel=4 stride=2  options for the statements after it, in this block
 *     repeat 9 { ... }                  a block several times, each with its own parameters
 *     residual [join=add|concat] { ... } [{ ... }]
 *                                       the second block's value (without one: what goes in)
 *                                       plus, or beside, the first block's value
 *     define NAME { ... }               a model within the text, before the first input; it sees
 *     define NAME from OTHER            the definitions around it; the second gives another name
 *     part NAME                         places a definition, or a model that was handed over
 *
 * A parameter's name is the path of labels and PyTorch's leaf: "3.weight". A label is the result's
 * name, else the statement's ordinal among all layers of its block, as in nn.Sequential. `repeat`
 * at 3 gives "3.i.j.weight"; a residual block at 3 "3.j.weight", its shortcut
 * "3.shortcut.j.weight"; a part "NAME.j.weight" wherever it is placed, since its parameters are
 * one set, also where the statement has a result's name. A part in a part has both names, the outer
 * one first; placed in several ways it is called, and listed, as where it is the least deep, of
 * those the first:
 *
 *     define inner { input 4; dense 4 bias=no }
 *     define outer { input 4; dense 4 bias=no; x = part inner; dense 4 bias=no }
 *     input 4; part outer; dense 2 bias=no
 *                       outer.0.weight outer.inner.0.weight outer.2.weight 1.weight
 *     input 4; part outer; part inner; dense 2 bias=no
 *                       outer.0.weight outer.2.weight inner.0.weight 2.weight
 *
 * Parameters have PyTorch's names and layouts.
 *
 * NaN and infinity go through every layer. Convolutions of 3x3 (stride 1) and 4x4 (stride 1 and 2)
 * may be made by minimal filtering, which adds and subtracts numbers of the picture first: where a
 * direct convolution gives an infinity it may give NaN, at the same places and nowhere else; in
 * gradients of weights, and with the context's filter=large, beside them too. */
#ifndef GAN_MODEL_H
#define GAN_MODEL_H

#include <gan/layer.h>

GAN_BEGIN

/* From text. GAN_E_TEXT gives line and column; GAN_E_SHAPE names the layer and the shapes. */
GAN_API gan_status gan_model_parse(gan_model **out, gan_context *context, const char *text);

/* The same, with parts: `part NAME` places parts[i] where names[i] is NAME. The model keeps the
 * parts alive; their weights are shared by all models that they are placed in. */
GAN_API gan_status gan_model_parse_parts(gan_model **out, gan_context *context, const char *text,
                                         const char *const *names, gan_model *const *parts,
                                         int32_t count);

/* By hand: an empty model, to which layers and other models are added in a chain. The first layer
 * is an "input H W C". The same layer or model may be added several times and to several models:
 * it is then shared, and is a part of each of them, called after the ordinal of its first place
 * there. So a second place of a layer changes the model of the first: the layer's path "2" becomes
 * "2.0", "2.weight" becomes "2.0.weight", and texts and names that were borrowed from it end; its
 * weights stay where they are. A model that is a part of another one, or was set on a trainer, can
 * neither be added to any more nor share a layer (GAN_E_STATE; a part that is the one layer alone
 * can); nor does a model share single layers of its text. */
GAN_API gan_status gan_model_create(gan_model **out, gan_context *context);
GAN_API gan_status gan_model_add(gan_model *model, gan_layer *layer);
GAN_API gan_status gan_model_add_model(gan_model *model, gan_model *part);

/* An independent copy: same text, same values, own parameters. */
GAN_API gan_status gan_model_copy(gan_model **out, const gan_model *model);

GAN_API void gan_model_retain(gan_model *model);
GAN_API void gan_model_release(gan_model *model);

/* The canonical text: every default spelled out, parts first. Parsing it gives the same model.
 * Borrowed, valid until the model is changed. NULL for what is no model, without memory, and while
 * another thread uses the context. */
GAN_API const char *gan_model_text(const gan_model *model);

/* Inputs and outputs: how many, their names ("" if unnamed; borrowed), the index of a name (-1:
 * there is none) and shapes: 3 numbers H, W, C, -1 where the size is open. */
GAN_API int32_t gan_model_input_count(const gan_model *model);
GAN_API int32_t gan_model_output_count(const gan_model *model);
GAN_API const char *gan_model_input_name(const gan_model *model, int32_t index);
GAN_API const char *gan_model_output_name(const gan_model *model, int32_t index);
GAN_API int32_t gan_model_input_index(const gan_model *model, const char *name);
GAN_API int32_t gan_model_output_index(const gan_model *model, const char *name);
GAN_API gan_status gan_model_input_shape(const gan_model *model, int32_t index, int64_t shape[3]);
GAN_API gan_status gan_model_output_shape(const gan_model *model, int32_t index, int64_t shape[3]);

/* The layer whose path of labels is `name` ("0", "trunk.3"). Borrowed; NULL if there is none. */
GAN_API gan_layer *gan_model_layer(const gan_model *model, const char *name);

/* Parameters and persistent buffers in the order of a state dict: names such as "0.weight",
 * "1.running_mean", "trunk.3.bias". `_parameter_shape` gives PyTorch's shape: *rank <= 4 numbers;
 * `_parameter_flags` bits such as GAN_PARAMETER_TRAINED, as gan_layer_parameter_flags does. An
 * unknown name is GAN_E_ARGUMENT (the message has the nearest). `_weight_count` is how many numbers
 * are trained. */
GAN_API int64_t gan_model_parameter_count(const gan_model *model);
GAN_API const char *gan_model_parameter_name(const gan_model *model, int64_t index);
GAN_API gan_status gan_model_parameter_shape(const gan_model *model, const char *name,
                                             int32_t *rank, int64_t shape[4]);
GAN_API gan_status gan_model_parameter_flags(const gan_model *model, const char *name,
                                             int32_t *flags);
GAN_API int64_t gan_model_weight_count(const gan_model *model);

/* As gan_layer_read and gan_layer_write, by full name. */
GAN_API gan_status gan_model_read(gan_model *model, const char *name, int32_t what,
                                  gan_tensor *tensor);
GAN_API gan_status gan_model_write(gan_model *model, const char *name, const gan_tensor *tensor);

/* Sets the gradients of all parameters to zero, parts included, which other models may have too; an
 * optimiser's step leaves out what none reaches afterwards. gan_optimizer_zero does it for all that
 * an optimiser trains. */
GAN_API gan_status gan_model_zero_gradients(gan_model *model);

/* Cuts every trained number of the model, parts included, to [least, most]: Wasserstein critics. */
GAN_API gan_status gan_model_clamp(gan_model *model, double least, double most);

/* safetensors files with PyTorch's names and layouts; the model's text is in the file's metadata,
 * so that loading needs nothing else. Saving replaces the file in one step; `_save_memory` makes a
 * new tensor (N) of uint8 with the bytes that the file would have. Parts are stored once; loading
 * makes private copies of them, `_load_parts` binds the handles that are given instead. */
GAN_API gan_status gan_model_save(const gan_model *model, const char *path);
GAN_API gan_status gan_model_save_memory(gan_tensor **out, const gan_model *model);
GAN_API gan_status gan_model_load(gan_model **out, gan_context *context, const char *path);
GAN_API gan_status gan_model_load_memory(gan_model **out, gan_context *context, const void *bytes,
                                         size_t size);
GAN_API gan_status gan_model_load_parts(gan_model **out, gan_context *context, const char *path,
                                        const char *const *names, gan_model *const *parts,
                                        int32_t count);

/* A short text that goes with the model into its file and its copies, by a key of letters, digits
 * and _; it says nothing of the network. A key that is there takes the new text. `_note` is
 * borrowed until then; NULL: there is none.
 *
 * A trainer notes in what it makes (gan_trainer_route), each where there is something to say:
 *
 *   inputs       a word for each input, in order: "normal" or "uniform", what it is drawn from;
 *                "picture", "code", "noise"; "label", a class (its number to one channel, else
 *                one-hot); "vector"; "condition", if it is not known which of the two
 *   prior        "normal" or "uniform": the way begins in what is drawn from it
 *   range        "-1 1": of the pictures that it makes
 *   feed         whose data's pictures are of the space that it ends in: "real"
 *   source       whose data's are of the space that it begins in, if those are pictures: "x"
 *   fit          "pad", "stretch" or "crop", or one of these and " area": how the data's pictures,
 *                in which it begins, were brought to their size (see gan_image_fit)
 *   class_count  of labels
 *   classes      their names, a line each, in order of their numbers
 */
GAN_API gan_status gan_model_set_note(gan_model *model, const char *key, const char *value);
GAN_API const char *gan_model_note(const gan_model *model, const char *key);

/* Fills an existing model from a state dict that PyTorch saved as safetensors (no text in it).
 * Strict: a missing, surplus or misshapen tensor is GAN_E_FORMAT with its name, and nothing was
 * changed. Only `num_batches_tracked` may be missing, as for load_state_dict, and stays what it is.
 * Numbers of every type become float32: float64 is rounded, float16 and bfloat16 are exact.
 *
 * Spectral norm has two forms in PyTorch: weight_orig, weight_u, weight_v of
 * torch.nn.utils.spectral_norm, and parametrizations.weight.original, .0._u, .0._v of
 * torch.nn.utils.parametrizations.spectral_norm. Both load, also side by side in one file; weights
 * under weight norm or another parametrization do not. In training the model goes on as the first
 * form does, v before u: until u and v have settled, sigma differs from the second form's by half
 * an iteration.
 *
 * `map` gives the file's tensors other names first; NULL and "" leave them. It is a list of
 * statements, separated by `;` or line ends, `#` starts a comment:
 *
 *     strip PREFIX          takes the prefix off each name that begins with it
 *     rename PATTERN NAME   gives another name
 *     drop PATTERN          leaves the tensor out
 *
 * Each name goes through them in order: every strip that fits is done, the first rename or drop
 * that fits is the last. A `*` in a pattern stands for one character or more, dots too, and for as
 * few as will do; those in NAME stand for the same, in order; `*+3`, `*-10` there for a number that
 * much larger or smaller, and the statement fits numbers only. Names with blanks or `;#{}=,` are
 * quoted. GAN_E_TEXT has line and column; two tensors of one name are GAN_E_FORMAT with both; a
 * statement that fits no tensor is a warning in the log.
 *
 *     strip module.                                          of DistributedDataParallel
 *     strip _orig_mod.                                       of torch.compile
 *     rename generator.* *; drop *                           one network of several
 *     rename model.*.conv_block.* *.*; strip model.          CycleGAN's authors, for a text of one
 *                                                            statement a module, as in theirs:
 *                                                            "residual { pad reflect:1; ... }"
 *     rename model.*.conv_block.1.* 9.*-10.0.0.*             the same blocks as "9.0" to "9.8", in
 *                                                            "repeat 9 { residual { ... } }" */
GAN_API gan_status gan_model_load_weights(gan_model *model, const char *path, const char *map);
GAN_API gan_status gan_model_load_weights_memory(gan_model *model, const void *bytes, size_t size,
                                                 const char *map);

GAN_END

#endif
