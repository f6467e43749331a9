"""The C interface as ctypes sees it: every enum, struct and function of ``equipoise.h``, keyed by its C name.

A test compares these tables with the header by introspection, so they are data and nothing else. A C enum is a ``c_int`` here.
"""

from __future__ import annotations

from ctypes import CDLL, POINTER, Structure, c_char_p, c_double, c_int, c_int32, c_int64, c_size_t, c_uint8, c_uint64, c_void_p, sizeof
from struct import Struct
from typing import Any, Callable

ABI_VERSION = 1

ENUMS: dict[str, dict[str, int]] = {
    "eqp_status": {
        "EQP_OK": 0,
        "EQP_INVALID_ARGUMENT": 1,
        "EQP_UNSUPPORTED": 2,
        "EQP_OUT_OF_MEMORY": 3,
        "EQP_DEVICE_ERROR": 4,
        "EQP_INTERNAL_ERROR": 5,
    },
    "eqp_dtype": {"EQP_F32": 0, "EQP_F64": 1, "EQP_F16": 2, "EQP_BF16": 3},
    "eqp_scores": {"EQP_LOGITS": 0, "EQP_LOG_PROBS": 1, "EQP_PROBS": 2},
    "eqp_criterion": {
        "EQP_KL_SYMMETRY": 0,
        "EQP_WEIGHTED_KL": 1,
        "EQP_KL_BUDGET": 2,
        "EQP_ESS_BALANCE": 3,
        "EQP_ESS_FLOOR": 4,
        "EQP_FIXED_ALPHA": 5,
    },
    "eqp_method": {"EQP_NEWTON": 0, "EQP_BISECTION": 1},
    "eqp_row_status": {
        "EQP_ROW_OK": 0,
        "EQP_ROW_IDENTICAL": 1,
        "EQP_ROW_AT_THETA": 2,
        "EQP_ROW_AT_TARGET": 3,
        "EQP_ROW_NOT_CONVERGED": 4,
        "EQP_ROW_DISJOINT": 5,
        "EQP_ROW_INVALID": 6,
        "EQP_ROW_SKIPPED": 7,
        "EQP_ROW_TOO_FEW": 8,
    },
    "eqp_divergence_kind": {
        "EQP_DIVERGENCE_KL": 0,
        "EQP_DIVERGENCE_ESS": 1,
        "EQP_DIVERGENCE_REVERSE_KL": 2,
        "EQP_DIVERGENCE_JEFFREYS": 3,
        "EQP_DIVERGENCE_JENSEN_SHANNON": 4,
        "EQP_DIVERGENCE_RENYI": 5,
        "EQP_DIVERGENCE_BHATTACHARYYA": 6,
        "EQP_DIVERGENCE_HELLINGER": 7,
        "EQP_DIVERGENCE_TOTAL_VARIATION": 8,
        "EQP_DIVERGENCE_FISHER_RAO": 9,
    },
    "eqp_loss_gradient": {"EQP_LOSS_STOP": 0, "EQP_LOSS_FULL": 1},
    "eqp_unit": {"EQP_NATS": 0, "EQP_BITS": 1},
    "eqp_fisher_weight": {"EQP_FISHER_INVERSE_P": 0, "EQP_FISHER_INVERSE_Q": 1, "EQP_FISHER_MEAN": 2, "EQP_FISHER_P_OVER_Q2": 3},
    "eqp_geodesic_kind": {"EQP_GEODESIC_EXPONENTIAL": 0, "EQP_GEODESIC_MIXTURE": 1},
    "eqp_step_kl": {"EQP_STEP_SECOND": 0, "EQP_STEP_THIRD": 1, "EQP_STEP_THIRD_REVERSE": 2},
    "eqp_weight_level": {"EQP_LEVEL_TOKEN": 0, "EQP_LEVEL_SEQUENCE": 1, "EQP_LEVEL_GEOMETRIC": 2},
    "eqp_weight_mode": {
        "EQP_WEIGHTS_NONE": 0,
        "EQP_WEIGHTS_TRUNCATED": 1,
        "EQP_WEIGHTS_CLIPPED": 2,
        "EQP_WEIGHTS_MASKED": 3,
        "EQP_WEIGHTS_SELF_NORMALIZED": 4,
        "EQP_WEIGHTS_PSIS": 5,
    },
    "eqp_reward_kind": {
        "EQP_REWARD_PLUGIN": 0,
        "EQP_REWARD_ADD_HALF": 1,
        "EQP_REWARD_MILLER_MADOW": 2,
        "EQP_REWARD_HARMONIC": 3,
        "EQP_REWARD_POWER": 4,
        "EQP_REWARD_TSALLIS": 5,
        "EQP_REWARD_MINIMAX": 6,
        "EQP_REWARD_AQP": 7,
    },
    "eqp_reward_baseline": {"EQP_BASELINE_NONE": 0, "EQP_BASELINE_MEAN": 1, "EQP_BASELINE_LOO": 2, "EQP_BASELINE_EXCLUDED": 3},
    "eqp_solver_status": {"EQP_SOLVER_CLOSED_FORM": 0, "EQP_SOLVER_OPTIMAL": 1, "EQP_SOLVER_UNSTABLE": 2},
    "eqp_id_type": {"EQP_ID_I32": 0, "EQP_ID_I64": 1},
    "eqp_gain": {"EQP_GAIN_HARMONIC": 0, "EQP_GAIN_SQRT": 1, "EQP_GAIN_CONSTANT": 2},
    "eqp_sgd_objective": {"EQP_SGD_QUADRATIC": 0, "EQP_SGD_LOG_COSH": 1},
    "eqp_backend": {"EQP_OPENCL": 0, "EQP_CUDA": 1},
    "eqp_topk_tail": {"EQP_TOPK_BUCKET": 0, "EQP_TOPK_RENORMALIZE": 1},
}


class Matrix(Structure):
    """``eqp_matrix``."""

    _fields_ = [
        ("data", c_void_p),
        ("dtype", c_int),
        ("rows", c_int64),
        ("columns", c_int64),
        ("row_stride", c_int64),
        ("group_rows", c_int64),
        ("group_stride", c_int64),
    ]


class SolveOptions(Structure):
    """``eqp_solve_options``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("scores", c_int),
        ("criterion", c_int),
        ("method", c_int),
        ("max_iterations", c_int32),
        ("tolerance", c_double),
        ("alpha", c_double),
        ("weight_theta", c_double),
        ("weight_target", c_double),
        ("budget", c_double),
        ("floor", c_double),
        ("temperature_theta", c_double),
        ("temperature_target", c_double),
        ("row_temperature_theta", POINTER(c_double)),
        ("row_temperature_target", POINTER(c_double)),
        ("valid_columns", c_int64),
        ("row_mask", POINTER(c_uint8)),
        ("threads", c_int32),
        ("reserved", c_int32),
        ("probability_epsilon", c_double),
        ("row_weight_theta", POINTER(c_double)),
        ("row_weight_target", POINTER(c_double)),
        ("row_budget", POINTER(c_double)),
        ("row_floor", POINTER(c_double)),
        ("row_alpha", POINTER(c_double)),
    ]


class Solution(Structure):
    """``eqp_solution``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("alpha", POINTER(c_double)),
        ("q", POINTER(Matrix)),
        ("log_q", POINTER(Matrix)),
        ("log_z", POINTER(c_double)),
        ("kl_theta", POINTER(c_double)),
        ("kl_target", POINTER(c_double)),
        ("ess_theta", POINTER(c_double)),
        ("ess_target", POINTER(c_double)),
        ("residual", POINTER(c_double)),
        ("iterations", POINTER(c_int32)),
        ("row_status", POINTER(c_int32)),
    ]


class LossRecord(Structure):
    """``eqp_loss_record``."""

    _fields_ = [("alpha", c_double), ("log_z", c_double), ("theta_log_sum_exp", c_double), ("target_log_sum_exp", c_double)]


class LossOutputs(Structure):
    """``eqp_loss_outputs``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("loss", POINTER(c_double)),
        ("alpha", POINTER(c_double)),
        ("ess_theta", POINTER(c_double)),
        ("row_status", POINTER(c_int32)),
        ("records", POINTER(LossRecord)),
    ]


class SolveManyOptions(Structure):
    """``eqp_solve_many_options``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("scores", c_int),
        ("max_iterations", c_int32),
        ("tolerance", c_double),
        ("cost", POINTER(Matrix)),
        ("cost_weight", c_double),
        ("row_cost_weight", POINTER(c_double)),
        ("valid_columns", c_int64),
        ("row_mask", POINTER(c_uint8)),
        ("threads", c_int32),
        ("reserved", c_int32),
    ]


class ManySolution(Structure):
    """``eqp_many_solution``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("beta", POINTER(c_double)),
        ("q", POINTER(Matrix)),
        ("log_q", POINTER(Matrix)),
        ("log_z", POINTER(c_double)),
        ("kl", POINTER(c_double)),
        ("residual", POINTER(c_double)),
        ("iterations", POINTER(c_int32)),
        ("row_status", POINTER(c_int32)),
    ]


class SolveGaussianOptions(Structure):
    """``eqp_solve_gaussian_options``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("max_iterations", c_int32),
        ("threads", c_int32),
        ("tolerance", c_double),
        ("row_mask", POINTER(c_uint8)),
    ]


class GaussianSolution(Structure):
    """``eqp_gaussian_solution``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("alpha", POINTER(c_double)),
        ("mean", POINTER(c_double)),
        ("cov", POINTER(c_double)),
        ("log_z", POINTER(c_double)),
        ("kl_theta", POINTER(c_double)),
        ("kl_target", POINTER(c_double)),
        ("ess_theta", POINTER(c_double)),
        ("ess_target", POINTER(c_double)),
        ("residual", POINTER(c_double)),
        ("iterations", POINTER(c_int32)),
        ("row_status", POINTER(c_int32)),
    ]


class PathOutputs(Structure):
    """``eqp_path_outputs``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("log_z", POINTER(c_double)),
        ("kl_theta", POINTER(c_double)),
        ("kl_target", POINTER(c_double)),
        ("ess_theta", POINTER(c_double)),
        ("ess_target", POINTER(c_double)),
        ("entropy", POINTER(c_double)),
        ("variance", POINTER(c_double)),
        ("q", POINTER(Matrix)),
        ("log_q", POINTER(Matrix)),
        ("row_status", POINTER(c_int32)),
    ]


class DivergenceOptions(Structure):
    """``eqp_divergence_options``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("kind", c_int),
        ("scores", c_int),
        ("valid_columns", c_int64),
        ("row_mask", POINTER(c_uint8)),
        ("threads", c_int32),
        ("unit", c_int),
        ("order", c_double),
        ("row_order", POINTER(c_double)),
        ("temperature_p", c_double),
        ("temperature_q", c_double),
        ("row_temperature_p", POINTER(c_double)),
        ("row_temperature_q", POINTER(c_double)),
    ]


class SampleOptions(Structure):
    """``eqp_sample_options``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("count", c_int64),
        ("seed", c_uint64),
        ("stream", c_uint64),
        ("row_stream", POINTER(c_uint64)),
        ("offset", c_uint64),
        ("top_k", c_int64),
        ("top_p", c_double),
        ("min_p", c_double),
        ("without_replacement", c_int32),
        ("reserved", c_int32),
    ]


class Samples(Structure):
    """``eqp_samples``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("tokens", POINTER(c_int64)),
        ("log_q", POINTER(c_double)),
        ("log_theta", POINTER(c_double)),
        ("log_target", POINTER(c_double)),
        ("log_weights", POINTER(c_double)),
        ("log_target_weights", POINTER(c_double)),
        ("weights", POINTER(c_double)),
        ("target_weights", POINTER(c_double)),
        ("log_inclusion", POINTER(c_double)),
        ("alpha", POINTER(c_double)),
        ("row_status", POINTER(c_int32)),
    ]


class WeightOptions(Structure):
    """``eqp_weight_options``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("level", c_int),
        ("mode", c_int),
        ("clip_low", c_double),
        ("clip_high", c_double),
        ("mask", POINTER(c_uint8)),
        ("mask_stride", c_int64),
        ("group_size", c_int64),
        ("threads", c_int32),
        ("reserved", c_int32),
    ]


class WeightOutputs(Structure):
    """``eqp_weight_outputs``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("weights", POINTER(Matrix)),
        ("log_weights", POINTER(Matrix)),
        ("ess", POINTER(c_double)),
        ("max_weight", POINTER(c_double)),
        ("k_hat", POINTER(c_double)),
        ("row_status", POINTER(c_int32)),
    ]


class RewardTableOptions(Structure):
    """``eqp_reward_table_options``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("kind", c_int),
        ("m", c_int32),
        ("s", c_int32),
        ("allow_unstable", c_int32),
        ("rho", c_double),
    ]


class RewardCertificate(Structure):
    """``eqp_reward_certificate``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("bias", c_double),
        ("mean_variance", c_double),
        ("max_variance", c_double),
        ("max_abs", c_double),
        ("solver_status", c_int),
        ("reserved", c_int32),
        ("least_bias", c_double),
    ]


class AnswerOptions(Structure):
    """``eqp_answer_options``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("id_type", c_int),
        ("baseline", c_int),
        ("sign", c_int32),
        ("threads", c_int32),
        ("id_stride", c_int64),
        ("invalid_reward", c_double),
        ("log_target", c_double),
        ("log_targets", POINTER(c_double)),
    ]


class AnswerOutputs(Structure):
    """``eqp_answer_outputs``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("counts", POINTER(c_int32)),
        ("rewards", POINTER(c_double)),
        ("k_eff", POINTER(c_int32)),
        ("row_status", POINTER(c_int32)),
    ]


class FisherOptions(Structure):
    """``eqp_fisher_options``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("scores", c_int),
        ("threads", c_int32),
        ("valid_columns", c_int64),
        ("row_mask", POINTER(c_uint8)),
        ("weight", c_int),
        ("step_kl", c_int),
        ("damping", c_double),
        ("row_damping", POINTER(c_double)),
        ("delta", c_double),
        ("row_delta", POINTER(c_double)),
    ]


class TopKOptions(Structure):
    """``eqp_topk_options``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("tail", c_int),
        ("max_iterations", c_int32),
        ("tolerance", c_double),
        ("temperature_theta", c_double),
        ("row_temperature_theta", POINTER(c_double)),
        ("valid_columns", c_int64),
        ("id_stride", c_int64),
        ("row_mask", POINTER(c_uint8)),
        ("threads", c_int32),
        ("reserved", c_int32),
    ]


class TopKSolution(Structure):
    """``eqp_topk_solution``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("alpha", POINTER(c_double)),
        ("q", POINTER(Matrix)),
        ("q_tail", POINTER(c_double)),
        ("tail_ratio", POINTER(c_double)),
        ("log_z", POINTER(c_double)),
        ("kl_theta", POINTER(c_double)),
        ("kl_target", POINTER(c_double)),
        ("residual", POINTER(c_double)),
        ("gradient", POINTER(Matrix)),
        ("iterations", POINTER(c_int32)),
        ("row_status", POINTER(c_int32)),
    ]


class PartialOptions(Structure):
    """``eqp_partial_options``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("valid_columns", c_int64),
        ("temperature_theta", c_double),
        ("temperature_target", c_double),
        ("row_temperature_theta", POINTER(c_double)),
        ("row_temperature_target", POINTER(c_double)),
        ("row_mask", POINTER(c_uint8)),
        ("tolerance", c_double),
        ("threads", c_int32),
        ("reserved", c_int32),
    ]


class PartialSolution(Structure):
    """``eqp_partial_solution``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("alpha", POINTER(c_double)),
        ("log_z", POINTER(c_double)),
        ("theta_lse", POINTER(c_double)),
        ("target_lse", POINTER(c_double)),
        ("residual", POINTER(c_double)),
        ("row_status", POINTER(c_int32)),
    ]


class DeviceProperties(Structure):
    """``eqp_device_properties``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("backend", c_int),
        ("index", c_int32),
        ("name", c_char_p),
        ("driver", c_char_p),
        ("memory", c_int64),
        ("units", c_int32),
        ("has_f64", c_int32),
    ]


class Cotangents(Structure):
    """``eqp_cotangents``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("alpha", POINTER(c_double)),
        ("log_q", POINTER(Matrix)),
        ("kl", POINTER(c_double)),
        ("kl_held", POINTER(c_double)),
    ]


class RobbinsMonroOptions(Structure):
    """``eqp_robbins_monro_options``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("c", c_double),
        ("k0", c_double),
        ("gamma", c_double),
        ("low", c_double),
        ("high", c_double),
        ("step_clip", c_double),
        ("tracking", c_int32),
        ("reserved", c_int32),
    ]


class AlphaTrackerOptions(Structure):
    """``eqp_alpha_tracker_options``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("gain", c_int),
        ("reserved", c_int32),
        ("constant", c_double),
        ("alpha", c_double),
    ]


class DvoretzkyOptions(Structure):
    """``eqp_dvoretzky_options``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("initial", c_double),
        ("alpha_c", c_double),
        ("alpha_gamma", c_double),
        ("beta_c", c_double),
        ("beta_gamma", c_double),
        ("seed", c_uint64),
        ("stream", c_uint64),
        ("steps", c_int64),
        ("every", c_int64),
        ("threads", c_int32),
        ("reserved", c_int32),
    ]


class SgdOptions(Structure):
    """``eqp_sgd_options``."""

    _fields_ = [
        ("struct_size", c_size_t),
        ("objective", c_int),
        ("threads", c_int32),
        ("initial", c_double),
        ("center", c_double),
        ("noise", c_double),
        ("c", c_double),
        ("k0", c_double),
        ("gamma", c_double),
        ("seed", c_uint64),
        ("stream", c_uint64),
        ("steps", c_int64),
        ("every", c_int64),
    ]


STRUCTS: dict[str, Any] = {
    "eqp_matrix": Matrix,
    "eqp_solve_options": SolveOptions,
    "eqp_solution": Solution,
    "eqp_loss_record": LossRecord,
    "eqp_loss_outputs": LossOutputs,
    "eqp_solve_many_options": SolveManyOptions,
    "eqp_many_solution": ManySolution,
    "eqp_solve_gaussian_options": SolveGaussianOptions,
    "eqp_gaussian_solution": GaussianSolution,
    "eqp_path_outputs": PathOutputs,
    "eqp_divergence_options": DivergenceOptions,
    "eqp_fisher_options": FisherOptions,
    "eqp_cotangents": Cotangents,
    "eqp_sample_options": SampleOptions,
    "eqp_samples": Samples,
    "eqp_weight_options": WeightOptions,
    "eqp_weight_outputs": WeightOutputs,
    "eqp_reward_table_options": RewardTableOptions,
    "eqp_reward_certificate": RewardCertificate,
    "eqp_answer_options": AnswerOptions,
    "eqp_answer_outputs": AnswerOutputs,
    "eqp_robbins_monro_options": RobbinsMonroOptions,
    "eqp_alpha_tracker_options": AlphaTrackerOptions,
    "eqp_dvoretzky_options": DvoretzkyOptions,
    "eqp_sgd_options": SgdOptions,
    "eqp_topk_options": TopKOptions,
    "eqp_topk_solution": TopKSolution,
    "eqp_partial_options": PartialOptions,
    "eqp_partial_solution": PartialSolution,
    "eqp_device_properties": DeviceProperties,
}

# name: (result, (arguments, ...))
FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "eqp_abi_version": (c_int32, ()),
    "eqp_version": (c_char_p, ()),
    "eqp_isa": (c_char_p, ()),
    "eqp_status_string": (c_char_p, (c_int,)),
    "eqp_last_error": (c_char_p, ()),
    "eqp_solve_options_init": (c_int, (POINTER(SolveOptions), c_size_t)),
    "eqp_solve": (c_int, (POINTER(Matrix), POINTER(Matrix), POINTER(SolveOptions), POINTER(Solution))),
    "eqp_equilibrium_loss": (c_int, (POINTER(Matrix), POINTER(Matrix), POINTER(SolveOptions), POINTER(LossOutputs))),
    "eqp_equilibrium_loss_backward": (
        c_int,
        (POINTER(Matrix), POINTER(Matrix), POINTER(SolveOptions), c_int, POINTER(LossRecord), POINTER(c_double), POINTER(Matrix)),
    ),
    "eqp_solve_many_options_init": (c_int, (POINTER(SolveManyOptions), c_size_t)),
    "eqp_solve_many": (c_int, (POINTER(Matrix), c_int32, POINTER(SolveManyOptions), POINTER(ManySolution))),
    "eqp_solve_gaussian_options_init": (c_int, (POINTER(SolveGaussianOptions), c_size_t)),
    "eqp_solve_gaussian": (c_int, (*[POINTER(Matrix)] * 4, POINTER(SolveGaussianOptions), POINTER(GaussianSolution))),
    "eqp_path_statistics": (
        c_int,
        (POINTER(Matrix), POINTER(Matrix), POINTER(c_double), c_int64, c_int64, POINTER(SolveOptions), POINTER(PathOutputs)),
    ),
    "eqp_divergence_options_init": (c_int, (POINTER(DivergenceOptions), c_size_t)),
    "eqp_divergence": (
        c_int,
        (POINTER(Matrix), POINTER(Matrix), POINTER(DivergenceOptions), POINTER(c_double), POINTER(c_int32)),
    ),
    "eqp_sample_options_init": (c_int, (POINTER(SampleOptions), c_size_t)),
    "eqp_sample": (
        c_int,
        (POINTER(Matrix), POINTER(Matrix), POINTER(SolveOptions), POINTER(SampleOptions), POINTER(Samples)),
    ),
    "eqp_weight_options_init": (c_int, (POINTER(WeightOptions), c_size_t)),
    "eqp_importance_weights": (c_int, (POINTER(Matrix), POINTER(Matrix), POINTER(WeightOptions), POINTER(WeightOutputs))),
    "eqp_reward_table_options_init": (c_int, (POINTER(RewardTableOptions), c_size_t)),
    "eqp_reward_table_create": (c_int, (c_int64, POINTER(RewardTableOptions), POINTER(c_void_p))),
    "eqp_reward_table_read": (c_int, (c_void_p, POINTER(c_double), POINTER(RewardCertificate))),
    "eqp_reward_table_free": (None, (c_void_p,)),
    "eqp_answer_options_init": (c_int, (POINTER(AnswerOptions), c_size_t)),
    "eqp_answer_rewards": (c_int, (c_void_p, c_void_p, c_int64, c_int64, POINTER(AnswerOptions), POINTER(AnswerOutputs))),
    "eqp_running_mean_create": (c_int, (c_int64, POINTER(c_void_p))),
    "eqp_running_mean_update": (c_int, (c_void_p, POINTER(c_double), c_int64)),
    "eqp_running_mean_read": (c_int, (c_void_p, POINTER(c_double), POINTER(c_double), POINTER(c_int64))),
    "eqp_running_mean_state_size": (c_int64, (c_void_p,)),
    "eqp_running_mean_save": (c_int, (c_void_p, POINTER(c_double))),
    "eqp_running_mean_restore": (c_int, (c_void_p, POINTER(c_double), c_int64)),
    "eqp_running_mean_free": (None, (c_void_p,)),
    "eqp_robbins_monro_options_init": (c_int, (POINTER(RobbinsMonroOptions), c_size_t)),
    "eqp_robbins_monro_create": (c_int, (c_int64, POINTER(c_double), POINTER(RobbinsMonroOptions), POINTER(c_void_p))),
    "eqp_robbins_monro_step": (c_int, (c_void_p, POINTER(c_double))),
    "eqp_robbins_monro_read": (c_int, (c_void_p, POINTER(c_double), POINTER(c_double), POINTER(c_int64))),
    "eqp_robbins_monro_state_size": (c_int64, (c_void_p,)),
    "eqp_robbins_monro_save": (c_int, (c_void_p, POINTER(c_double))),
    "eqp_robbins_monro_restore": (c_int, (c_void_p, POINTER(c_double), c_int64)),
    "eqp_robbins_monro_free": (None, (c_void_p,)),
    "eqp_alpha_tracker_options_init": (c_int, (POINTER(AlphaTrackerOptions), c_size_t)),
    "eqp_alpha_tracker_create": (c_int, (c_int64, POINTER(AlphaTrackerOptions), POINTER(c_void_p))),
    "eqp_alpha_tracker_update": (c_int, (c_void_p, POINTER(c_double), c_int64, POINTER(c_uint8), POINTER(c_int32))),
    "eqp_alpha_tracker_update_off_path": (
        c_int,
        (c_void_p, POINTER(c_double), POINTER(c_double), POINTER(c_double), c_int64, POINTER(c_uint8), POINTER(c_int32)),
    ),
    "eqp_alpha_tracker_read": (c_int, (c_void_p, POINTER(c_double), POINTER(c_double), POINTER(c_int64))),
    "eqp_alpha_tracker_state_size": (c_int64, (c_void_p,)),
    "eqp_alpha_tracker_save": (c_int, (c_void_p, POINTER(c_double))),
    "eqp_alpha_tracker_restore": (c_int, (c_void_p, POINTER(c_double), c_int64)),
    "eqp_alpha_tracker_free": (None, (c_void_p,)),
    "eqp_dvoretzky_options_init": (c_int, (POINTER(DvoretzkyOptions), c_size_t)),
    "eqp_dvoretzky": (c_int, (c_int64, POINTER(DvoretzkyOptions), POINTER(c_double))),
    "eqp_sgd_options_init": (c_int, (POINTER(SgdOptions), c_size_t)),
    "eqp_sgd": (c_int, (c_int64, POINTER(SgdOptions), POINTER(c_double))),
    "eqp_fisher_options_init": (c_int, (POINTER(FisherOptions), c_size_t)),
    "eqp_fisher_quadratic": (c_int, (POINTER(Matrix), POINTER(Matrix), POINTER(FisherOptions), POINTER(c_double), POINTER(c_int32))),
    "eqp_fisher_product": (c_int, (POINTER(Matrix), POINTER(Matrix), POINTER(FisherOptions), POINTER(Matrix), POINTER(c_int32))),
    "eqp_fisher_step_kl": (c_int, (POINTER(Matrix), POINTER(Matrix), POINTER(FisherOptions), POINTER(c_double), POINTER(c_int32))),
    "eqp_natural_gradient": (c_int, (POINTER(Matrix), POINTER(Matrix), POINTER(FisherOptions), POINTER(Matrix), POINTER(c_int32))),
    "eqp_kl_gradient": (
        c_int,
        (
            POINTER(Matrix),
            POINTER(Matrix),
            POINTER(SolveOptions),
            POINTER(c_double),
            POINTER(Matrix),
            POINTER(Matrix),
            POINTER(c_int32),
        ),
    ),
    "eqp_solve_vjp": (
        c_int,
        (
            POINTER(Matrix),
            POINTER(Matrix),
            POINTER(SolveOptions),
            POINTER(c_double),
            POINTER(Cotangents),
            POINTER(Matrix),
            POINTER(Matrix),
            POINTER(c_int32),
        ),
    ),
    "eqp_geodesic": (c_int, (POINTER(Matrix), POINTER(Matrix), c_int, POINTER(SolveOptions), POINTER(Matrix), POINTER(c_int32))),
    "eqp_trust_region": (
        c_int,
        (
            POINTER(Matrix),
            POINTER(Matrix),
            POINTER(FisherOptions),
            POINTER(c_double),
            POINTER(c_double),
            POINTER(c_double),
            POINTER(c_int32),
        ),
    ),
    "eqp_topk_options_init": (c_int, (POINTER(TopKOptions), c_size_t)),
    "eqp_solve_topk": (c_int, (POINTER(Matrix), POINTER(c_int64), POINTER(Matrix), POINTER(TopKOptions), POINTER(TopKSolution))),
    "eqp_partial_options_init": (c_int, (POINTER(PartialOptions), c_size_t)),
    "eqp_partial_statistics": (c_int, (POINTER(Matrix), POINTER(Matrix), POINTER(PartialOptions), POINTER(c_double))),
    "eqp_partial_merge": (c_int, (POINTER(c_double), c_int64, POINTER(c_double))),
    "eqp_partial_solve": (c_int, (POINTER(c_double), c_int64, POINTER(PartialOptions), POINTER(PartialSolution))),
    "eqp_partial_sweep": (
        c_int,
        (
            POINTER(Matrix),
            POINTER(Matrix),
            POINTER(PartialOptions),
            POINTER(c_double),
            POINTER(Matrix),
            POINTER(Matrix),
            POINTER(c_double),
        ),
    ),
    "eqp_partial_refine": (c_int, (POINTER(c_double), c_int64, POINTER(PartialOptions), POINTER(c_double))),
    "eqp_device_count": (c_int, (c_int, POINTER(c_int32))),
    "eqp_device_info": (c_int, (c_int, c_int32, POINTER(DeviceProperties))),
    "eqp_device_open": (c_int, (c_int, c_int32, c_void_p, POINTER(c_void_p))),
    "eqp_device_close": (None, (c_void_p,)),
    "eqp_device_allocate": (c_int, (c_void_p, c_size_t, POINTER(c_void_p))),
    "eqp_device_free": (None, (c_void_p, c_void_p)),
    "eqp_device_workspace_size": (
        c_int,
        (c_void_p, POINTER(Matrix), POINTER(Matrix), POINTER(SolveOptions), POINTER(Solution), POINTER(c_size_t)),
    ),
    "eqp_device_solve": (
        c_int,
        (c_void_p, POINTER(Matrix), POINTER(Matrix), POINTER(SolveOptions), POINTER(Solution), c_void_p, c_size_t, c_void_p),
    ),
    "eqp_device_synchronize": (c_int, (c_void_p, c_void_p)),
    "eqp_device_solve_host": (c_int, (c_void_p, POINTER(Matrix), POINTER(Matrix), POINTER(SolveOptions), POINTER(Solution))),
}


def bind(library: CDLL) -> dict[str, Callable[..., Any]]:
    """The library's functions by C name, with the types of the table."""
    functions: dict[str, Callable[..., Any]] = {}
    for name, (result, arguments) in FUNCTIONS.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
        functions[name] = function
    return functions


def packer(struct_type: Any) -> Struct:
    """A ``struct.Struct`` with the layout of a ctypes structure: filling all members at once is ten times faster than one by one."""
    codes = ("P" if hasattr(member, "contents") else member._type_ for _, member in struct_type._fields_)
    layout = Struct("@" + "".join(codes) + "0P")
    if layout.size != sizeof(struct_type):
        raise AssertionError(f"{struct_type.__name__}: {layout.size} bytes packed, {sizeof(struct_type)} in C")
    return layout
