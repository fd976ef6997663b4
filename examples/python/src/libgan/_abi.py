"""The public functions of libgan, typed for ctypes. Made by generate_abi.py.

A handle is a c_void_p. A text that the library reads or lends is bytes."""

from __future__ import annotations

from ctypes import (
    CDLL,
    CFUNCTYPE,
    POINTER,
    Structure,
    c_char_p,
    c_double,
    c_int32,
    c_int64,
    c_size_t,
    c_uint64,
    c_void_p,
)
from typing import Any, Callable

GAN_OK = 0
GAN_E_ARGUMENT = -1
GAN_E_MEMORY = -2
GAN_E_TEXT = -3
GAN_E_SHAPE = -4
GAN_E_FILE = -5
GAN_E_FORMAT = -6
GAN_E_STATE = -7
GAN_E_BUSY = -8
GAN_E_CANCELLED = -9
GAN_E_DIVERGED = -10
GAN_E_UNSUPPORTED = -11
GAN_E_INTERNAL = -12
GAN_VERSION_MAJOR = 0
GAN_VERSION_MINOR = 1
GAN_VERSION_PATCH = 0
GAN_LOG_ERROR = 0
GAN_LOG_WARNING = 1
GAN_LOG_INFO = 2
GAN_LOG_DEBUG = 3
GAN_FILE_READ = 0
GAN_FILE_WRITE = 1
GAN_FLOAT32 = 1
GAN_UINT8 = 2
GAN_INT32 = 3
GAN_INT64 = 4
GAN_MAX_RANK = 8
GAN_DLPACK_LEGACY = 1
GAN_DLPACK_COPY = 2
GAN_DLPACK_SHARE = 4
GAN_IMAGE_SIDE = 2147483647
GAN_IMAGE_VALUES = 268435456
GAN_PARAMETER_TRAINED = 1
GAN_PARAMETER_INTEGER = 2
GAN_VALUE = 1
GAN_GRADIENT = 2
GAN_MODEL_AVERAGED = 1
GAN_RECIPE_CHANGE = 1
GAN_INPUT_GRADIENT = 1
GAN_INPUT_NUMBERS = 2


class gan_span(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("model", c_void_p),
        ("place", c_char_p),
        ("kind", c_char_p),
        ("pass", c_char_p),
        ("seconds", c_double),
        ("products", c_double),
    ]


class gan_host(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("user", c_void_p),
        ("allocate", CFUNCTYPE(c_void_p, c_void_p, c_size_t, c_size_t)),
        ("deallocate", CFUNCTYPE(None, c_void_p, c_void_p)),
        ("log", CFUNCTYPE(None, c_void_p, c_int32, c_char_p)),
        ("parallel", CFUNCTYPE(None, c_void_p, c_int64, CFUNCTYPE(None, c_void_p, c_int64), c_void_p)),
        ("open", CFUNCTYPE(c_void_p, c_void_p, c_char_p, c_int32)),
        ("read", CFUNCTYPE(c_int64, c_void_p, c_void_p, c_void_p, c_size_t)),
        ("write", CFUNCTYPE(c_int64, c_void_p, c_void_p, c_void_p, c_size_t)),
        ("flush", CFUNCTYPE(c_int32, c_void_p, c_void_p)),
        ("close", CFUNCTYPE(c_int32, c_void_p, c_void_p)),
        ("rename", CFUNCTYPE(c_int32, c_void_p, c_char_p, c_char_p)),
        ("remove", CFUNCTYPE(c_int32, c_void_p, c_char_p)),
        ("release", CFUNCTYPE(None, c_void_p)),
        ("list", CFUNCTYPE(c_int32, c_void_p, c_char_p, CFUNCTYPE(c_int32, c_void_p, c_char_p, c_int64), c_void_p)),
        ("span", CFUNCTYPE(None, c_void_p, POINTER(gan_span))),
    ]

gan_dataset_read_function = CFUNCTYPE(c_int32, c_void_p, c_int64, POINTER(c_void_p))


class gan_dataset_field(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("name", c_char_p),
        ("dtype", c_int32),
        ("rank", c_int32),
        ("shape", POINTER(c_int64)),
    ]

gan_trainer_function = CFUNCTYPE(c_int32, c_void_p, c_void_p)

PROTOTYPES: tuple[tuple[str, Any, tuple[Any, ...]], ...] = (
    ("gan_status_name", c_char_p, (c_int32,)),
    ("gan_version", c_char_p, ()),
    ("gan_context_create", c_int32, (POINTER(c_void_p), c_char_p, POINTER(gan_host), c_char_p, c_size_t)),
    ("gan_context_retain", None, (c_void_p,)),
    ("gan_context_release", None, (c_void_p,)),
    ("gan_context_message", c_char_p, (c_void_p,)),
    ("gan_context_text", c_char_p, (c_void_p,)),
    ("gan_context_cpu", c_char_p, (c_void_p,)),
    ("gan_tensor_create", c_int32, (POINTER(c_void_p), c_void_p, c_int32, c_int32, POINTER(c_int64))),
    ("gan_tensor_wrap", c_int32, (POINTER(c_void_p), c_void_p, c_int32, c_int32, POINTER(c_int64), POINTER(c_int64), c_void_p, CFUNCTYPE(None, c_void_p, c_void_p), c_void_p)),
    ("gan_tensor_slice", c_int32, (POINTER(c_void_p), c_void_p, c_int32, c_int64, c_int64)),
    ("gan_tensor_permute", c_int32, (POINTER(c_void_p), c_void_p, POINTER(c_int32))),
    ("gan_tensor_copy", c_int32, (c_void_p, c_void_p)),
    ("gan_tensor_retain", None, (c_void_p,)),
    ("gan_tensor_release", None, (c_void_p,)),
    ("gan_tensor_dtype", c_int32, (c_void_p,)),
    ("gan_tensor_rank", c_int32, (c_void_p,)),
    ("gan_tensor_count", c_int64, (c_void_p,)),
    ("gan_tensor_read_only", c_int32, (c_void_p,)),
    ("gan_tensor_shape", POINTER(c_int64), (c_void_p,)),
    ("gan_tensor_strides", POINTER(c_int64), (c_void_p,)),
    ("gan_tensor_data", c_void_p, (c_void_p,)),
    ("gan_tensor_load", c_int32, (POINTER(c_void_p), c_void_p, c_char_p)),
    ("gan_tensor_save", c_int32, (c_void_p, c_char_p)),
    ("gan_tensor_to_dlpack", c_int32, (POINTER(c_void_p), c_void_p, c_int32)),
    ("gan_tensor_from_dlpack", c_int32, (POINTER(c_void_p), c_void_p, c_void_p, c_int32)),
    ("gan_dataset_open", c_int32, (POINTER(c_void_p), c_void_p, c_char_p)),
    ("gan_dataset_from_tensors", c_int32, (POINTER(c_void_p), c_void_p, POINTER(c_char_p), POINTER(c_void_p), c_int32)),
    ("gan_dataset_from_callback", c_int32, (POINTER(c_void_p), c_void_p, POINTER(gan_dataset_field), c_int32, c_int64, gan_dataset_read_function, CFUNCTYPE(None, c_void_p), c_void_p)),
    ("gan_dataset_retain", None, (c_void_p,)),
    ("gan_dataset_release", None, (c_void_p,)),
    ("gan_dataset_count", c_int64, (c_void_p,)),
    ("gan_dataset_field_count", c_int32, (c_void_p,)),
    ("gan_dataset_field_name", c_char_p, (c_void_p, c_int32)),
    ("gan_dataset_field_shape", c_int32, (c_void_p, c_char_p, POINTER(c_int32), POINTER(c_int64), POINTER(c_int64))),
    ("gan_dataset_class_count", c_int64, (c_void_p,)),
    ("gan_dataset_class_name", c_char_p, (c_void_p, c_int64)),
    ("gan_dataset_mixture", c_int32, (POINTER(c_void_p), POINTER(c_double), c_void_p)),
    ("gan_dataset_read", c_int32, (c_void_p, c_char_p, POINTER(c_int64), c_void_p)),
    ("gan_image_load", c_int32, (POINTER(c_void_p), c_void_p, c_char_p)),
    ("gan_image_load_memory", c_int32, (POINTER(c_void_p), c_void_p, c_void_p, c_size_t)),
    ("gan_image_save", c_int32, (c_void_p, c_char_p)),
    ("gan_image_save_memory", c_int32, (POINTER(c_void_p), c_void_p, c_char_p)),
    ("gan_image_fit", c_int32, (POINTER(c_void_p), c_void_p, c_int64, c_int64, c_int64, c_char_p)),
    ("gan_image_arrange", c_int32, (POINTER(c_void_p), c_void_p, c_int64)),
    ("gan_image_sheet", c_int32, (c_void_p, c_int64, c_char_p)),
    ("gan_layer_create", c_int32, (POINTER(c_void_p), c_void_p, c_char_p)),
    ("gan_layer_retain", None, (c_void_p,)),
    ("gan_layer_release", None, (c_void_p,)),
    ("gan_layer_kind", c_char_p, (c_void_p,)),
    ("gan_layer_text", c_char_p, (c_void_p,)),
    ("gan_layer_parameter_count", c_int64, (c_void_p,)),
    ("gan_layer_parameter_name", c_char_p, (c_void_p, c_int64)),
    ("gan_layer_parameter_shape", c_int32, (c_void_p, c_char_p, POINTER(c_int32), POINTER(c_int64))),
    ("gan_layer_parameter_flags", c_int32, (c_void_p, c_char_p, POINTER(c_int32))),
    ("gan_layer_read", c_int32, (c_void_p, c_char_p, c_int32, c_void_p)),
    ("gan_layer_write", c_int32, (c_void_p, c_char_p, c_void_p)),
    ("gan_model_parse", c_int32, (POINTER(c_void_p), c_void_p, c_char_p)),
    ("gan_model_parse_parts", c_int32, (POINTER(c_void_p), c_void_p, c_char_p, POINTER(c_char_p), POINTER(c_void_p), c_int32)),
    ("gan_model_create", c_int32, (POINTER(c_void_p), c_void_p)),
    ("gan_model_add", c_int32, (c_void_p, c_void_p)),
    ("gan_model_add_model", c_int32, (c_void_p, c_void_p)),
    ("gan_model_copy", c_int32, (POINTER(c_void_p), c_void_p)),
    ("gan_model_retain", None, (c_void_p,)),
    ("gan_model_release", None, (c_void_p,)),
    ("gan_model_text", c_char_p, (c_void_p,)),
    ("gan_model_input_count", c_int32, (c_void_p,)),
    ("gan_model_output_count", c_int32, (c_void_p,)),
    ("gan_model_input_name", c_char_p, (c_void_p, c_int32)),
    ("gan_model_output_name", c_char_p, (c_void_p, c_int32)),
    ("gan_model_input_index", c_int32, (c_void_p, c_char_p)),
    ("gan_model_output_index", c_int32, (c_void_p, c_char_p)),
    ("gan_model_input_shape", c_int32, (c_void_p, c_int32, POINTER(c_int64))),
    ("gan_model_output_shape", c_int32, (c_void_p, c_int32, POINTER(c_int64))),
    ("gan_model_layer", c_void_p, (c_void_p, c_char_p)),
    ("gan_model_parameter_count", c_int64, (c_void_p,)),
    ("gan_model_parameter_name", c_char_p, (c_void_p, c_int64)),
    ("gan_model_parameter_shape", c_int32, (c_void_p, c_char_p, POINTER(c_int32), POINTER(c_int64))),
    ("gan_model_parameter_flags", c_int32, (c_void_p, c_char_p, POINTER(c_int32))),
    ("gan_model_weight_count", c_int64, (c_void_p,)),
    ("gan_model_read", c_int32, (c_void_p, c_char_p, c_int32, c_void_p)),
    ("gan_model_write", c_int32, (c_void_p, c_char_p, c_void_p)),
    ("gan_model_zero_gradients", c_int32, (c_void_p,)),
    ("gan_model_clamp", c_int32, (c_void_p, c_double, c_double)),
    ("gan_model_save", c_int32, (c_void_p, c_char_p)),
    ("gan_model_save_memory", c_int32, (POINTER(c_void_p), c_void_p)),
    ("gan_model_load", c_int32, (POINTER(c_void_p), c_void_p, c_char_p)),
    ("gan_model_load_memory", c_int32, (POINTER(c_void_p), c_void_p, c_void_p, c_size_t)),
    ("gan_model_load_parts", c_int32, (POINTER(c_void_p), c_void_p, c_char_p, POINTER(c_char_p), POINTER(c_void_p), c_int32)),
    ("gan_model_set_note", c_int32, (c_void_p, c_char_p, c_char_p)),
    ("gan_model_note", c_char_p, (c_void_p, c_char_p)),
    ("gan_model_load_weights", c_int32, (c_void_p, c_char_p, c_char_p)),
    ("gan_model_load_weights_memory", c_int32, (c_void_p, c_void_p, c_size_t, c_char_p)),
    ("gan_metric_create", c_int32, (POINTER(c_void_p), c_void_p, c_char_p)),
    ("gan_metric_retain", None, (c_void_p,)),
    ("gan_metric_release", None, (c_void_p,)),
    ("gan_metric_add", c_int32, (c_void_p, c_char_p, c_void_p)),
    ("gan_metric_clear", c_int32, (c_void_p, c_char_p)),
    ("gan_metric_rows", c_int64, (c_void_p, c_char_p)),
    ("gan_metric_value", c_int32, (c_void_p, c_char_p, POINTER(c_double))),
    ("gan_metric_value_count", c_int32, (c_void_p,)),
    ("gan_metric_value_name", c_char_p, (c_void_p, c_int32)),
    ("gan_metric_text", c_char_p, (c_void_p,)),
    ("gan_judge_train", c_int32, (POINTER(c_void_p), c_void_p, c_char_p, c_void_p, c_void_p)),
    ("gan_judge_examples", c_int32, (c_void_p, c_char_p, c_size_t)),
    ("gan_optimizer_create", c_int32, (POINTER(c_void_p), c_void_p, c_char_p)),
    ("gan_optimizer_retain", None, (c_void_p,)),
    ("gan_optimizer_release", None, (c_void_p,)),
    ("gan_optimizer_add", c_int32, (c_void_p, c_void_p)),
    ("gan_optimizer_step", c_int32, (c_void_p,)),
    ("gan_optimizer_zero", c_int32, (c_void_p,)),
    ("gan_optimizer_norm", c_int32, (c_void_p, POINTER(c_double))),
    ("gan_optimizer_rate", c_int32, (c_void_p, POINTER(c_double))),
    ("gan_optimizer_set_rate", c_int32, (c_void_p, c_double)),
    ("gan_optimizer_text", c_char_p, (c_void_p,)),
    ("gan_optimizer_steps", c_int64, (c_void_p,)),
    ("gan_optimizer_set_steps", c_int32, (c_void_p, c_int64)),
    ("gan_optimizer_parameter_steps", c_int32, (c_void_p, c_void_p, c_char_p, POINTER(c_int64))),
    ("gan_optimizer_set_parameter_steps", c_int32, (c_void_p, c_void_p, c_char_p, c_int64)),
    ("gan_optimizer_moment_count", c_int32, (c_void_p,)),
    ("gan_optimizer_moment_name", c_char_p, (c_void_p, c_int32)),
    ("gan_optimizer_read", c_int32, (c_void_p, c_void_p, c_char_p, c_char_p, c_void_p)),
    ("gan_optimizer_write", c_int32, (c_void_p, c_void_p, c_char_p, c_char_p, c_void_p)),
    ("gan_trainer_create", c_int32, (POINTER(c_void_p), c_void_p, c_char_p)),
    ("gan_trainer_retain", None, (c_void_p,)),
    ("gan_trainer_release", None, (c_void_p,)),
    ("gan_trainer_set_model", c_int32, (c_void_p, c_char_p, c_void_p)),
    ("gan_trainer_set_data", c_int32, (c_void_p, c_char_p, c_void_p)),
    ("gan_trainer_set_optimizer", c_int32, (c_void_p, c_char_p, c_char_p)),
    ("gan_trainer_feed", c_int32, (c_void_p, c_char_p, c_void_p)),
    ("gan_trainer_model", c_void_p, (c_void_p, c_char_p, c_int32)),
    ("gan_trainer_refresh", c_int32, (c_void_p,)),
    ("gan_trainer_route", c_int32, (POINTER(c_void_p), c_void_p, c_char_p, c_int32)),
    ("gan_trainer_show", c_int32, (POINTER(c_void_p), POINTER(c_int64), c_void_p, c_char_p, c_int64, c_int32)),
    ("gan_trainer_sample", c_int32, (POINTER(c_void_p), c_void_p, c_int64, c_int64, c_int64, c_int32)),
    ("gan_trainer_check", c_int32, (c_void_p,)),
    ("gan_trainer_memory", c_int32, (c_void_p, POINTER(c_int64))),
    ("gan_trainer_member_count", c_int32, (c_void_p,)),
    ("gan_trainer_member", c_char_p, (c_void_p, c_int32, c_char_p)),
    ("gan_trainer_step", c_int32, (c_void_p,)),
    ("gan_trainer_run", c_int32, (c_void_p, c_int64, gan_trainer_function, c_void_p)),
    ("gan_trainer_steps", c_int64, (c_void_p,)),
    ("gan_trainer_value_count", c_int32, (c_void_p,)),
    ("gan_trainer_value_name", c_char_p, (c_void_p, c_int32)),
    ("gan_trainer_value", c_int32, (c_void_p, c_char_p, POINTER(c_double))),
    ("gan_trainer_values", c_int32, (c_void_p, POINTER(c_double), c_int32)),
    ("gan_trainer_warning_count", c_int32, (c_void_p,)),
    ("gan_trainer_warning", c_char_p, (c_void_p, c_int32, c_char_p)),
    ("gan_trainer_text", c_char_p, (c_void_p,)),
    ("gan_trainer_save", c_int32, (c_void_p, c_char_p)),
    ("gan_trainer_save_memory", c_int32, (POINTER(c_void_p), c_void_p)),
    ("gan_trainer_load", c_int32, (POINTER(c_void_p), c_void_p, c_char_p)),
    ("gan_trainer_load_memory", c_int32, (POINTER(c_void_p), c_void_p, c_void_p, c_size_t)),
    ("gan_recipe_load", c_int32, (POINTER(c_void_p), c_void_p, c_char_p)),
    ("gan_recipe_parse", c_int32, (POINTER(c_void_p), c_void_p, c_char_p, c_char_p)),
    ("gan_recipe_retain", None, (c_void_p,)),
    ("gan_recipe_release", None, (c_void_p,)),
    ("gan_recipe_set", c_int32, (c_void_p, c_char_p, c_char_p)),
    ("gan_recipe_change", c_int32, (c_void_p, c_char_p, c_char_p)),
    ("gan_recipe_set_all", c_int32, (c_void_p, POINTER(c_char_p), POINTER(c_char_p), c_int32, c_int32)),
    ("gan_recipe_text", c_char_p, (c_void_p,)),
    ("gan_recipe_context", c_char_p, (c_void_p,)),
    ("gan_recipe_option", c_int32, (c_void_p, c_char_p, c_char_p, c_size_t)),
    ("gan_recipe_trainer", c_int32, (POINTER(c_void_p), c_void_p, c_void_p, c_char_p)),
    ("gan_recipe_dataset", c_int32, (POINTER(c_void_p), c_void_p, c_void_p, c_char_p)),
    ("gan_catalog_group_count", c_int32, ()),
    ("gan_catalog_group", c_char_p, (c_int32,)),
    ("gan_catalog_kind_count", c_int32, (c_int32,)),
    ("gan_catalog_kind", c_char_p, (c_int32, c_int32)),
    ("gan_catalog_kind_help", c_char_p, (c_int32, c_int32)),
    ("gan_catalog_option_count", c_int32, (c_int32, c_int32)),
    ("gan_catalog_option", c_char_p, (c_int32, c_int32, c_int32, c_char_p)),
    ("gan_catalog_option_range", c_int32, (c_int32, c_int32, c_int32, POINTER(c_double), POINTER(c_double))),
    ("gan_catalog_member_count", c_int32, (c_int32, c_int32)),
    ("gan_catalog_member", c_char_p, (c_int32, c_int32, c_int32, c_char_p)),
    ("gan_runner_create", c_int32, (POINTER(c_void_p), c_void_p, c_void_p, c_char_p)),
    ("gan_runner_retain", None, (c_void_p,)),
    ("gan_runner_release", None, (c_void_p,)),
    ("gan_runner_update", c_int32, (c_void_p,)),
    ("gan_runner_input_shape", c_int32, (c_void_p, c_int32, POINTER(c_int64))),
    ("gan_runner_output_shape", c_int32, (c_void_p, c_int32, POINTER(c_int64))),
    ("gan_runner_run", c_int32, (c_void_p, POINTER(c_void_p), c_int32, POINTER(c_void_p), c_int32)),
    ("gan_tape_create", c_int32, (POINTER(c_void_p), c_void_p)),
    ("gan_tape_retain", None, (c_void_p,)),
    ("gan_tape_release", None, (c_void_p,)),
    ("gan_tape_reset", c_int32, (c_void_p,)),
    ("gan_tape_input", c_int32, (c_void_p, c_void_p, c_int32, POINTER(c_int64))),
    ("gan_tape_normal", c_int32, (c_void_p, c_int32, POINTER(c_int64), POINTER(c_int64))),
    ("gan_tape_uniform", c_int32, (c_void_p, c_int32, POINTER(c_int64), POINTER(c_int64))),
    ("gan_tape_draws", c_uint64, (c_void_p,)),
    ("gan_tape_seek", c_int32, (c_void_p, c_uint64)),
    ("gan_tape_apply", c_int32, (c_void_p, c_void_p, c_char_p, POINTER(c_int64), c_int32, POINTER(c_int64), c_int32)),
    ("gan_tape_layer", c_int32, (c_void_p, c_char_p, POINTER(c_int64), c_int32, POINTER(c_int64))),
    ("gan_tape_loss", c_int32, (c_void_p, c_char_p, POINTER(c_int64), c_int32, POINTER(c_int64))),
    ("gan_tape_combine", c_int32, (c_void_p, POINTER(c_int64), POINTER(c_double), c_int32, POINTER(c_int64))),
    ("gan_tape_join", c_int32, (c_void_p, POINTER(c_int64), c_int32, POINTER(c_int64))),
    ("gan_tape_slice", c_int32, (c_void_p, c_int64, c_int64, c_int64, POINTER(c_int64))),
    ("gan_tape_detach", c_int32, (c_void_p, c_int64, POINTER(c_int64))),
    ("gan_tape_leaf", c_int32, (c_void_p, c_int64, POINTER(c_int64))),
    ("gan_tape_take_gradient", c_int32, (c_void_p, c_int64, POINTER(c_int64))),
    ("gan_tape_tangent", c_int32, (c_void_p, c_int64, c_int64, c_int64, POINTER(c_int64))),
    ("gan_tape_backward", c_int32, (c_void_p, POINTER(c_int64), POINTER(c_void_p), c_int32, POINTER(c_void_p), c_int32)),
    ("gan_tape_shape", c_int32, (c_void_p, c_int64, POINTER(c_int64))),
    ("gan_tape_value", c_int32, (c_void_p, c_int64, c_void_p)),
    ("gan_tape_gradient", c_int32, (c_void_p, c_int64, c_void_p)),
    ("gan_tape_tensor", c_int32, (POINTER(c_void_p), c_void_p, c_int64, c_int32)),
    ("gan_tape_scalar", c_int32, (c_void_p, c_int64, POINTER(c_double))),
)


class Library:
    """libgan, loaded from a file: each function with the types that its header declares."""

    gan_status_name: Callable[..., bytes | None]
    """const char *gan_status_name(gan_status status)"""
    gan_version: Callable[..., bytes | None]
    """const char *gan_version(void)"""
    gan_context_create: Callable[..., int]
    """gan_status gan_context_create(gan_context **out, const char *spec, const gan_host *host,
        char *message, size_t size)"""
    gan_context_retain: Callable[..., None]
    """void gan_context_retain(gan_context *context)"""
    gan_context_release: Callable[..., None]
    """void gan_context_release(gan_context *context)"""
    gan_context_message: Callable[..., bytes | None]
    """const char *gan_context_message(const gan_context *context)"""
    gan_context_text: Callable[..., bytes | None]
    """const char *gan_context_text(const gan_context *context)"""
    gan_context_cpu: Callable[..., bytes | None]
    """const char *gan_context_cpu(const gan_context *context)"""
    gan_tensor_create: Callable[..., int]
    """gan_status gan_tensor_create(gan_tensor **out, gan_context *context, int32_t dtype,
        int32_t rank, const int64_t *shape)"""
    gan_tensor_wrap: Callable[..., int]
    """gan_status gan_tensor_wrap(gan_tensor **out, gan_context *context, int32_t dtype, int32_t
        rank, const int64_t *shape, const int64_t *strides, void *data, void (*release)(void
        *user, void *data), void *user)"""
    gan_tensor_slice: Callable[..., int]
    """gan_status gan_tensor_slice(gan_tensor **out, gan_tensor *tensor, int32_t dim, int64_t
        start, int64_t length)"""
    gan_tensor_permute: Callable[..., int]
    """gan_status gan_tensor_permute(gan_tensor **out, gan_tensor *tensor, const int32_t
        *order)"""
    gan_tensor_copy: Callable[..., int]
    """gan_status gan_tensor_copy(gan_tensor *to, const gan_tensor *from)"""
    gan_tensor_retain: Callable[..., None]
    """void gan_tensor_retain(gan_tensor *tensor)"""
    gan_tensor_release: Callable[..., None]
    """void gan_tensor_release(gan_tensor *tensor)"""
    gan_tensor_dtype: Callable[..., int]
    """int32_t gan_tensor_dtype(const gan_tensor *tensor)"""
    gan_tensor_rank: Callable[..., int]
    """int32_t gan_tensor_rank(const gan_tensor *tensor)"""
    gan_tensor_count: Callable[..., int]
    """int64_t gan_tensor_count(const gan_tensor *tensor)"""
    gan_tensor_read_only: Callable[..., int]
    """int32_t gan_tensor_read_only(const gan_tensor *tensor)"""
    gan_tensor_shape: Callable[..., Any]
    """const int64_t *gan_tensor_shape(const gan_tensor *tensor)"""
    gan_tensor_strides: Callable[..., Any]
    """const int64_t *gan_tensor_strides(const gan_tensor *tensor)"""
    gan_tensor_data: Callable[..., int | None]
    """void *gan_tensor_data(const gan_tensor *tensor)"""
    gan_tensor_load: Callable[..., int]
    """gan_status gan_tensor_load(gan_tensor **out, gan_context *context, const char *path)"""
    gan_tensor_save: Callable[..., int]
    """gan_status gan_tensor_save(const gan_tensor *tensor, const char *path)"""
    gan_tensor_to_dlpack: Callable[..., int]
    """gan_status gan_tensor_to_dlpack(void **out, gan_tensor *tensor, int32_t flags)"""
    gan_tensor_from_dlpack: Callable[..., int]
    """gan_status gan_tensor_from_dlpack(gan_tensor **out, gan_context *context, void *managed,
        int32_t flags)"""
    gan_dataset_open: Callable[..., int]
    """gan_status gan_dataset_open(gan_dataset **out, gan_context *context, const char *spec)"""
    gan_dataset_from_tensors: Callable[..., int]
    """gan_status gan_dataset_from_tensors(gan_dataset **out, gan_context *context, const char *
        const *fields, gan_tensor * const *tensors, int32_t count)"""
    gan_dataset_from_callback: Callable[..., int]
    """gan_status gan_dataset_from_callback(gan_dataset **out, gan_context *context, const
        gan_dataset_field *fields, int32_t field_count, int64_t count, gan_dataset_read_function
        read, void (*release)(void *user), void *user)"""
    gan_dataset_retain: Callable[..., None]
    """void gan_dataset_retain(gan_dataset *dataset)"""
    gan_dataset_release: Callable[..., None]
    """void gan_dataset_release(gan_dataset *dataset)"""
    gan_dataset_count: Callable[..., int]
    """int64_t gan_dataset_count(const gan_dataset *dataset)"""
    gan_dataset_field_count: Callable[..., int]
    """int32_t gan_dataset_field_count(const gan_dataset *dataset)"""
    gan_dataset_field_name: Callable[..., bytes | None]
    """const char *gan_dataset_field_name(const gan_dataset *dataset, int32_t index)"""
    gan_dataset_field_shape: Callable[..., int]
    """gan_status gan_dataset_field_shape(const gan_dataset *dataset, const char *field, int32_t
        *rank, int64_t shape[3], int64_t *classes)"""
    gan_dataset_class_count: Callable[..., int]
    """int64_t gan_dataset_class_count(const gan_dataset *dataset)"""
    gan_dataset_class_name: Callable[..., bytes | None]
    """const char *gan_dataset_class_name(const gan_dataset *dataset, int64_t index)"""
    gan_dataset_mixture: Callable[..., int]
    """gan_status gan_dataset_mixture(gan_tensor **centres, double *deviation, const gan_dataset
        *dataset)"""
    gan_dataset_read: Callable[..., int]
    """gan_status gan_dataset_read(gan_dataset *dataset, const char *field, const int64_t
        *indices, gan_tensor *tensor)"""
    gan_image_load: Callable[..., int]
    """gan_status gan_image_load(gan_tensor **out, gan_context *context, const char *path)"""
    gan_image_load_memory: Callable[..., int]
    """gan_status gan_image_load_memory(gan_tensor **out, gan_context *context, const void
        *bytes, size_t size)"""
    gan_image_save: Callable[..., int]
    """gan_status gan_image_save(const gan_tensor *picture, const char *path)"""
    gan_image_save_memory: Callable[..., int]
    """gan_status gan_image_save_memory(gan_tensor **out, const gan_tensor *picture, const char
        *format)"""
    gan_image_fit: Callable[..., int]
    """gan_status gan_image_fit(gan_tensor **out, const gan_tensor *picture, int64_t height,
        int64_t width, int64_t channels, const char *fit)"""
    gan_image_arrange: Callable[..., int]
    """gan_status gan_image_arrange(gan_tensor **out, const gan_tensor *pictures, int64_t
        columns)"""
    gan_image_sheet: Callable[..., int]
    """gan_status gan_image_sheet(const gan_tensor *pictures, int64_t columns, const char
        *path)"""
    gan_layer_create: Callable[..., int]
    """gan_status gan_layer_create(gan_layer **out, gan_context *context, const char
        *statement)"""
    gan_layer_retain: Callable[..., None]
    """void gan_layer_retain(gan_layer *layer)"""
    gan_layer_release: Callable[..., None]
    """void gan_layer_release(gan_layer *layer)"""
    gan_layer_kind: Callable[..., bytes | None]
    """const char *gan_layer_kind(const gan_layer *layer)"""
    gan_layer_text: Callable[..., bytes | None]
    """const char *gan_layer_text(const gan_layer *layer)"""
    gan_layer_parameter_count: Callable[..., int]
    """int64_t gan_layer_parameter_count(const gan_layer *layer)"""
    gan_layer_parameter_name: Callable[..., bytes | None]
    """const char *gan_layer_parameter_name(const gan_layer *layer, int64_t index)"""
    gan_layer_parameter_shape: Callable[..., int]
    """gan_status gan_layer_parameter_shape(const gan_layer *layer, const char *name, int32_t
        *rank, int64_t shape[4])"""
    gan_layer_parameter_flags: Callable[..., int]
    """gan_status gan_layer_parameter_flags(const gan_layer *layer, const char *name, int32_t
        *flags)"""
    gan_layer_read: Callable[..., int]
    """gan_status gan_layer_read(gan_layer *layer, const char *name, int32_t what, gan_tensor
        *tensor)"""
    gan_layer_write: Callable[..., int]
    """gan_status gan_layer_write(gan_layer *layer, const char *name, const gan_tensor
        *tensor)"""
    gan_model_parse: Callable[..., int]
    """gan_status gan_model_parse(gan_model **out, gan_context *context, const char *text)"""
    gan_model_parse_parts: Callable[..., int]
    """gan_status gan_model_parse_parts(gan_model **out, gan_context *context, const char *text,
        const char * const *names, gan_model * const *parts, int32_t count)"""
    gan_model_create: Callable[..., int]
    """gan_status gan_model_create(gan_model **out, gan_context *context)"""
    gan_model_add: Callable[..., int]
    """gan_status gan_model_add(gan_model *model, gan_layer *layer)"""
    gan_model_add_model: Callable[..., int]
    """gan_status gan_model_add_model(gan_model *model, gan_model *part)"""
    gan_model_copy: Callable[..., int]
    """gan_status gan_model_copy(gan_model **out, const gan_model *model)"""
    gan_model_retain: Callable[..., None]
    """void gan_model_retain(gan_model *model)"""
    gan_model_release: Callable[..., None]
    """void gan_model_release(gan_model *model)"""
    gan_model_text: Callable[..., bytes | None]
    """const char *gan_model_text(const gan_model *model)"""
    gan_model_input_count: Callable[..., int]
    """int32_t gan_model_input_count(const gan_model *model)"""
    gan_model_output_count: Callable[..., int]
    """int32_t gan_model_output_count(const gan_model *model)"""
    gan_model_input_name: Callable[..., bytes | None]
    """const char *gan_model_input_name(const gan_model *model, int32_t index)"""
    gan_model_output_name: Callable[..., bytes | None]
    """const char *gan_model_output_name(const gan_model *model, int32_t index)"""
    gan_model_input_index: Callable[..., int]
    """int32_t gan_model_input_index(const gan_model *model, const char *name)"""
    gan_model_output_index: Callable[..., int]
    """int32_t gan_model_output_index(const gan_model *model, const char *name)"""
    gan_model_input_shape: Callable[..., int]
    """gan_status gan_model_input_shape(const gan_model *model, int32_t index, int64_t
        shape[3])"""
    gan_model_output_shape: Callable[..., int]
    """gan_status gan_model_output_shape(const gan_model *model, int32_t index, int64_t
        shape[3])"""
    gan_model_layer: Callable[..., int | None]
    """gan_layer *gan_model_layer(const gan_model *model, const char *name)"""
    gan_model_parameter_count: Callable[..., int]
    """int64_t gan_model_parameter_count(const gan_model *model)"""
    gan_model_parameter_name: Callable[..., bytes | None]
    """const char *gan_model_parameter_name(const gan_model *model, int64_t index)"""
    gan_model_parameter_shape: Callable[..., int]
    """gan_status gan_model_parameter_shape(const gan_model *model, const char *name, int32_t
        *rank, int64_t shape[4])"""
    gan_model_parameter_flags: Callable[..., int]
    """gan_status gan_model_parameter_flags(const gan_model *model, const char *name, int32_t
        *flags)"""
    gan_model_weight_count: Callable[..., int]
    """int64_t gan_model_weight_count(const gan_model *model)"""
    gan_model_read: Callable[..., int]
    """gan_status gan_model_read(gan_model *model, const char *name, int32_t what, gan_tensor
        *tensor)"""
    gan_model_write: Callable[..., int]
    """gan_status gan_model_write(gan_model *model, const char *name, const gan_tensor
        *tensor)"""
    gan_model_zero_gradients: Callable[..., int]
    """gan_status gan_model_zero_gradients(gan_model *model)"""
    gan_model_clamp: Callable[..., int]
    """gan_status gan_model_clamp(gan_model *model, double least, double most)"""
    gan_model_save: Callable[..., int]
    """gan_status gan_model_save(const gan_model *model, const char *path)"""
    gan_model_save_memory: Callable[..., int]
    """gan_status gan_model_save_memory(gan_tensor **out, const gan_model *model)"""
    gan_model_load: Callable[..., int]
    """gan_status gan_model_load(gan_model **out, gan_context *context, const char *path)"""
    gan_model_load_memory: Callable[..., int]
    """gan_status gan_model_load_memory(gan_model **out, gan_context *context, const void
        *bytes, size_t size)"""
    gan_model_load_parts: Callable[..., int]
    """gan_status gan_model_load_parts(gan_model **out, gan_context *context, const char *path,
        const char * const *names, gan_model * const *parts, int32_t count)"""
    gan_model_set_note: Callable[..., int]
    """gan_status gan_model_set_note(gan_model *model, const char *key, const char *value)"""
    gan_model_note: Callable[..., bytes | None]
    """const char *gan_model_note(const gan_model *model, const char *key)"""
    gan_model_load_weights: Callable[..., int]
    """gan_status gan_model_load_weights(gan_model *model, const char *path, const char *map)"""
    gan_model_load_weights_memory: Callable[..., int]
    """gan_status gan_model_load_weights_memory(gan_model *model, const void *bytes, size_t
        size, const char *map)"""
    gan_metric_create: Callable[..., int]
    """gan_status gan_metric_create(gan_metric **out, gan_context *context, const char *spec)"""
    gan_metric_retain: Callable[..., None]
    """void gan_metric_retain(gan_metric *metric)"""
    gan_metric_release: Callable[..., None]
    """void gan_metric_release(gan_metric *metric)"""
    gan_metric_add: Callable[..., int]
    """gan_status gan_metric_add(gan_metric *metric, const char *set, const gan_tensor *rows)"""
    gan_metric_clear: Callable[..., int]
    """gan_status gan_metric_clear(gan_metric *metric, const char *set)"""
    gan_metric_rows: Callable[..., int]
    """int64_t gan_metric_rows(const gan_metric *metric, const char *set)"""
    gan_metric_value: Callable[..., int]
    """gan_status gan_metric_value(gan_metric *metric, const char *name, double *out)"""
    gan_metric_value_count: Callable[..., int]
    """int32_t gan_metric_value_count(const gan_metric *metric)"""
    gan_metric_value_name: Callable[..., bytes | None]
    """const char *gan_metric_value_name(const gan_metric *metric, int32_t index)"""
    gan_metric_text: Callable[..., bytes | None]
    """const char *gan_metric_text(const gan_metric *metric)"""
    gan_judge_train: Callable[..., int]
    """gan_status gan_judge_train(gan_model **out, gan_context *context, const char *spec,
        gan_dataset *data, gan_dataset *heldout)"""
    gan_judge_examples: Callable[..., int]
    """gan_status gan_judge_examples(gan_dataset *data, char *text, size_t size)"""
    gan_optimizer_create: Callable[..., int]
    """gan_status gan_optimizer_create(gan_optimizer **out, gan_context *context, const char
        *spec)"""
    gan_optimizer_retain: Callable[..., None]
    """void gan_optimizer_retain(gan_optimizer *optimizer)"""
    gan_optimizer_release: Callable[..., None]
    """void gan_optimizer_release(gan_optimizer *optimizer)"""
    gan_optimizer_add: Callable[..., int]
    """gan_status gan_optimizer_add(gan_optimizer *optimizer, gan_model *model)"""
    gan_optimizer_step: Callable[..., int]
    """gan_status gan_optimizer_step(gan_optimizer *optimizer)"""
    gan_optimizer_zero: Callable[..., int]
    """gan_status gan_optimizer_zero(gan_optimizer *optimizer)"""
    gan_optimizer_norm: Callable[..., int]
    """gan_status gan_optimizer_norm(gan_optimizer *optimizer, double *out)"""
    gan_optimizer_rate: Callable[..., int]
    """gan_status gan_optimizer_rate(gan_optimizer *optimizer, double *out)"""
    gan_optimizer_set_rate: Callable[..., int]
    """gan_status gan_optimizer_set_rate(gan_optimizer *optimizer, double rate)"""
    gan_optimizer_text: Callable[..., bytes | None]
    """const char *gan_optimizer_text(const gan_optimizer *optimizer)"""
    gan_optimizer_steps: Callable[..., int]
    """int64_t gan_optimizer_steps(const gan_optimizer *optimizer)"""
    gan_optimizer_set_steps: Callable[..., int]
    """gan_status gan_optimizer_set_steps(gan_optimizer *optimizer, int64_t steps)"""
    gan_optimizer_parameter_steps: Callable[..., int]
    """gan_status gan_optimizer_parameter_steps(const gan_optimizer *optimizer, const gan_model
        *model, const char *name, int64_t *out)"""
    gan_optimizer_set_parameter_steps: Callable[..., int]
    """gan_status gan_optimizer_set_parameter_steps(gan_optimizer *optimizer, const gan_model
        *model, const char *name, int64_t steps)"""
    gan_optimizer_moment_count: Callable[..., int]
    """int32_t gan_optimizer_moment_count(const gan_optimizer *optimizer)"""
    gan_optimizer_moment_name: Callable[..., bytes | None]
    """const char *gan_optimizer_moment_name(const gan_optimizer *optimizer, int32_t index)"""
    gan_optimizer_read: Callable[..., int]
    """gan_status gan_optimizer_read(const gan_optimizer *optimizer, const gan_model *model,
        const char *name, const char *moment, gan_tensor *tensor)"""
    gan_optimizer_write: Callable[..., int]
    """gan_status gan_optimizer_write(gan_optimizer *optimizer, const gan_model *model, const
        char *name, const char *moment, const gan_tensor *tensor)"""
    gan_trainer_create: Callable[..., int]
    """gan_status gan_trainer_create(gan_trainer **out, gan_context *context, const char
        *spec)"""
    gan_trainer_retain: Callable[..., None]
    """void gan_trainer_retain(gan_trainer *trainer)"""
    gan_trainer_release: Callable[..., None]
    """void gan_trainer_release(gan_trainer *trainer)"""
    gan_trainer_set_model: Callable[..., int]
    """gan_status gan_trainer_set_model(gan_trainer *trainer, const char *role, gan_model
        *model)"""
    gan_trainer_set_data: Callable[..., int]
    """gan_status gan_trainer_set_data(gan_trainer *trainer, const char *feed, gan_dataset
        *data)"""
    gan_trainer_set_optimizer: Callable[..., int]
    """gan_status gan_trainer_set_optimizer(gan_trainer *trainer, const char *group, const char
        *spec)"""
    gan_trainer_feed: Callable[..., int]
    """gan_status gan_trainer_feed(gan_trainer *trainer, const char *feed, gan_tensor *batch)"""
    gan_trainer_model: Callable[..., int | None]
    """gan_model *gan_trainer_model(const gan_trainer *trainer, const char *role, int32_t
        flags)"""
    gan_trainer_refresh: Callable[..., int]
    """gan_status gan_trainer_refresh(gan_trainer *trainer)"""
    gan_trainer_route: Callable[..., int]
    """gan_status gan_trainer_route(gan_model **out, gan_trainer *trainer, const char *route,
        int32_t flags)"""
    gan_trainer_show: Callable[..., int]
    """gan_status gan_trainer_show(gan_tensor **out, int64_t *columns, gan_trainer *trainer,
        const char *space, int64_t count, int32_t flags)"""
    gan_trainer_sample: Callable[..., int]
    """gan_status gan_trainer_sample(gan_tensor **out, gan_trainer *trainer, int64_t count,
        int64_t steps, int64_t seed, int32_t flags)"""
    gan_trainer_check: Callable[..., int]
    """gan_status gan_trainer_check(gan_trainer *trainer)"""
    gan_trainer_memory: Callable[..., int]
    """gan_status gan_trainer_memory(gan_trainer *trainer, int64_t *bytes)"""
    gan_trainer_member_count: Callable[..., int]
    """int32_t gan_trainer_member_count(const gan_trainer *trainer)"""
    gan_trainer_member: Callable[..., bytes | None]
    """const char *gan_trainer_member(const gan_trainer *trainer, int32_t member, const char
        *field)"""
    gan_trainer_step: Callable[..., int]
    """gan_status gan_trainer_step(gan_trainer *trainer)"""
    gan_trainer_run: Callable[..., int]
    """gan_status gan_trainer_run(gan_trainer *trainer, int64_t steps, gan_trainer_function
        on_step, void *user)"""
    gan_trainer_steps: Callable[..., int]
    """int64_t gan_trainer_steps(const gan_trainer *trainer)"""
    gan_trainer_value_count: Callable[..., int]
    """int32_t gan_trainer_value_count(const gan_trainer *trainer)"""
    gan_trainer_value_name: Callable[..., bytes | None]
    """const char *gan_trainer_value_name(const gan_trainer *trainer, int32_t index)"""
    gan_trainer_value: Callable[..., int]
    """gan_status gan_trainer_value(const gan_trainer *trainer, const char *name, double
        *out)"""
    gan_trainer_values: Callable[..., int]
    """gan_status gan_trainer_values(const gan_trainer *trainer, double *values, int32_t
        count)"""
    gan_trainer_warning_count: Callable[..., int]
    """int32_t gan_trainer_warning_count(const gan_trainer *trainer)"""
    gan_trainer_warning: Callable[..., bytes | None]
    """const char *gan_trainer_warning(const gan_trainer *trainer, int32_t index, const char
        *field)"""
    gan_trainer_text: Callable[..., bytes | None]
    """const char *gan_trainer_text(const gan_trainer *trainer)"""
    gan_trainer_save: Callable[..., int]
    """gan_status gan_trainer_save(gan_trainer *trainer, const char *path)"""
    gan_trainer_save_memory: Callable[..., int]
    """gan_status gan_trainer_save_memory(gan_tensor **out, gan_trainer *trainer)"""
    gan_trainer_load: Callable[..., int]
    """gan_status gan_trainer_load(gan_trainer **out, gan_context *context, const char *path)"""
    gan_trainer_load_memory: Callable[..., int]
    """gan_status gan_trainer_load_memory(gan_trainer **out, gan_context *context, const void
        *bytes, size_t size)"""
    gan_recipe_load: Callable[..., int]
    """gan_status gan_recipe_load(gan_recipe **out, gan_context *context, const char *path)"""
    gan_recipe_parse: Callable[..., int]
    """gan_status gan_recipe_parse(gan_recipe **out, gan_context *context, const char *text,
        const char *folder)"""
    gan_recipe_retain: Callable[..., None]
    """void gan_recipe_retain(gan_recipe *recipe)"""
    gan_recipe_release: Callable[..., None]
    """void gan_recipe_release(gan_recipe *recipe)"""
    gan_recipe_set: Callable[..., int]
    """gan_status gan_recipe_set(gan_recipe *recipe, const char *path, const char *value)"""
    gan_recipe_change: Callable[..., int]
    """gan_status gan_recipe_change(gan_recipe *recipe, const char *path, const char *value)"""
    gan_recipe_set_all: Callable[..., int]
    """gan_status gan_recipe_set_all(gan_recipe *recipe, const char * const *paths, const char *
        const *values, int32_t count, int32_t flags)"""
    gan_recipe_text: Callable[..., bytes | None]
    """const char *gan_recipe_text(const gan_recipe *recipe)"""
    gan_recipe_context: Callable[..., bytes | None]
    """const char *gan_recipe_context(const gan_recipe *recipe)"""
    gan_recipe_option: Callable[..., int]
    """gan_status gan_recipe_option(const gan_recipe *recipe, const char *path, char *value,
        size_t size)"""
    gan_recipe_trainer: Callable[..., int]
    """gan_status gan_recipe_trainer(gan_trainer **out, const gan_recipe *recipe, gan_context
        *context, const char *checkpoint)"""
    gan_recipe_dataset: Callable[..., int]
    """gan_status gan_recipe_dataset(gan_dataset **out, const gan_recipe *recipe, gan_context
        *context, const char *feed)"""
    gan_catalog_group_count: Callable[..., int]
    """int32_t gan_catalog_group_count(void)"""
    gan_catalog_group: Callable[..., bytes | None]
    """const char *gan_catalog_group(int32_t group)"""
    gan_catalog_kind_count: Callable[..., int]
    """int32_t gan_catalog_kind_count(int32_t group)"""
    gan_catalog_kind: Callable[..., bytes | None]
    """const char *gan_catalog_kind(int32_t group, int32_t kind)"""
    gan_catalog_kind_help: Callable[..., bytes | None]
    """const char *gan_catalog_kind_help(int32_t group, int32_t kind)"""
    gan_catalog_option_count: Callable[..., int]
    """int32_t gan_catalog_option_count(int32_t group, int32_t kind)"""
    gan_catalog_option: Callable[..., bytes | None]
    """const char *gan_catalog_option(int32_t group, int32_t kind, int32_t option, const char
        *field)"""
    gan_catalog_option_range: Callable[..., int]
    """int32_t gan_catalog_option_range(int32_t group, int32_t kind, int32_t option, double
        *least, double *most)"""
    gan_catalog_member_count: Callable[..., int]
    """int32_t gan_catalog_member_count(int32_t group, int32_t kind)"""
    gan_catalog_member: Callable[..., bytes | None]
    """const char *gan_catalog_member(int32_t group, int32_t kind, int32_t member, const char
        *field)"""
    gan_runner_create: Callable[..., int]
    """gan_status gan_runner_create(gan_runner **out, gan_context *context, gan_model *model,
        const char *spec)"""
    gan_runner_retain: Callable[..., None]
    """void gan_runner_retain(gan_runner *runner)"""
    gan_runner_release: Callable[..., None]
    """void gan_runner_release(gan_runner *runner)"""
    gan_runner_update: Callable[..., int]
    """gan_status gan_runner_update(gan_runner *runner)"""
    gan_runner_input_shape: Callable[..., int]
    """gan_status gan_runner_input_shape(const gan_runner *runner, int32_t index, int64_t
        shape[3])"""
    gan_runner_output_shape: Callable[..., int]
    """gan_status gan_runner_output_shape(const gan_runner *runner, int32_t index, int64_t
        shape[3])"""
    gan_runner_run: Callable[..., int]
    """gan_status gan_runner_run(gan_runner *runner, gan_tensor * const *inputs, int32_t
        input_count, gan_tensor * const *outputs, int32_t output_count)"""
    gan_tape_create: Callable[..., int]
    """gan_status gan_tape_create(gan_tape **out, gan_context *context)"""
    gan_tape_retain: Callable[..., None]
    """void gan_tape_retain(gan_tape *tape)"""
    gan_tape_release: Callable[..., None]
    """void gan_tape_release(gan_tape *tape)"""
    gan_tape_reset: Callable[..., int]
    """gan_status gan_tape_reset(gan_tape *tape)"""
    gan_tape_input: Callable[..., int]
    """gan_status gan_tape_input(gan_tape *tape, gan_tensor *tensor, int32_t flags, gan_value
        *out)"""
    gan_tape_normal: Callable[..., int]
    """gan_status gan_tape_normal(gan_tape *tape, int32_t rank, const int64_t *shape, gan_value
        *out)"""
    gan_tape_uniform: Callable[..., int]
    """gan_status gan_tape_uniform(gan_tape *tape, int32_t rank, const int64_t *shape, gan_value
        *out)"""
    gan_tape_draws: Callable[..., int]
    """uint64_t gan_tape_draws(const gan_tape *tape)"""
    gan_tape_seek: Callable[..., int]
    """gan_status gan_tape_seek(gan_tape *tape, uint64_t draws)"""
    gan_tape_apply: Callable[..., int]
    """gan_status gan_tape_apply(gan_tape *tape, gan_model *model, const char *mode, const
        gan_value *inputs, int32_t input_count, gan_value *outputs, int32_t output_count)"""
    gan_tape_layer: Callable[..., int]
    """gan_status gan_tape_layer(gan_tape *tape, const char *statement, const gan_value *values,
        int32_t count, gan_value *out)"""
    gan_tape_loss: Callable[..., int]
    """gan_status gan_tape_loss(gan_tape *tape, const char *spec, const gan_value *values,
        int32_t count, gan_value *out)"""
    gan_tape_combine: Callable[..., int]
    """gan_status gan_tape_combine(gan_tape *tape, const gan_value *values, const double
        *weights, int32_t count, gan_value *out)"""
    gan_tape_join: Callable[..., int]
    """gan_status gan_tape_join(gan_tape *tape, const gan_value *values, int32_t count,
        gan_value *out)"""
    gan_tape_slice: Callable[..., int]
    """gan_status gan_tape_slice(gan_tape *tape, gan_value value, int64_t first, int64_t count,
        gan_value *out)"""
    gan_tape_detach: Callable[..., int]
    """gan_status gan_tape_detach(gan_tape *tape, gan_value value, gan_value *out)"""
    gan_tape_leaf: Callable[..., int]
    """gan_status gan_tape_leaf(gan_tape *tape, gan_value value, gan_value *out)"""
    gan_tape_take_gradient: Callable[..., int]
    """gan_status gan_tape_take_gradient(gan_tape *tape, gan_value value, gan_value *out)"""
    gan_tape_tangent: Callable[..., int]
    """gan_status gan_tape_tangent(gan_tape *tape, gan_value output, gan_value input, gan_value
        direction, gan_value *out)"""
    gan_tape_backward: Callable[..., int]
    """gan_status gan_tape_backward(gan_tape *tape, const gan_value *values, gan_tensor * const
        *seeds, int32_t count, gan_model * const *models, int32_t model_count)"""
    gan_tape_shape: Callable[..., int]
    """gan_status gan_tape_shape(const gan_tape *tape, gan_value value, int64_t shape[4])"""
    gan_tape_value: Callable[..., int]
    """gan_status gan_tape_value(gan_tape *tape, gan_value value, gan_tensor *tensor)"""
    gan_tape_gradient: Callable[..., int]
    """gan_status gan_tape_gradient(gan_tape *tape, gan_value value, gan_tensor *tensor)"""
    gan_tape_tensor: Callable[..., int]
    """gan_status gan_tape_tensor(gan_tensor **out, gan_tape *tape, gan_value value, int32_t
        what)"""
    gan_tape_scalar: Callable[..., int]
    """gan_status gan_tape_scalar(gan_tape *tape, gan_value value, double *out)"""

    def __init__(self, path: str) -> None:
        loaded = CDLL(path)
        for name, result, arguments in PROTOTYPES:
            function = getattr(loaded, name)
            function.restype, function.argtypes = result, arguments
            setattr(self, name, function)
