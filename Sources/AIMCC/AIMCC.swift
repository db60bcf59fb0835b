// What a program that compiles and simulates needs, under one name; the rest of these modules can be imported by theirs.
@_exported import Basics
@_exported import Chip
@_exported import Compiler
@_exported import struct Driver.ChipAccuracy
@_exported import struct Driver.DataSet
@_exported import enum Driver.DeviceName
@_exported import struct Driver.DeviceOptions
@_exported import struct Driver.EvaluationPlan
@_exported import struct Driver.GivenSizes
@_exported import struct Driver.Network
@_exported import IR
@_exported import Passes
@_exported import Program
@_exported import Simulator
