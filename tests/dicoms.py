"""DICOM images of a made-up Siemens scanner: one file a slice, echo, coil and part, as a gradient echo exports them."""

from pathlib import Path

import numpy as np
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
VOXEL = (2.0, 2.0, 3.0)


def write_series(folder, values, *, series, kind, echo, coil="", normalised=False):
    """Write a volume as slices.

    Parameters
    ----------
    folder : Path
    values : (x, y, z) array of 12-bit integers
    series : int
        Its number.
    kind : str
        M (magnitude) or P (phase).
    echo : (int, float)
        Number, and time in ms.
    coil : str
        Such as H1; empty where coils are combined.
    normalised : bool
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    # A scanner numbers the images of a series through all coils and echoes.
    first = 1 + len(list(folder.glob(f"{series}_*.dcm")))
    for z in range(values.shape[2]):
        image = _header(series, kind, echo, coil, normalised)
        image.InstanceNumber = first + z
        image.ImagePositionPatient = [0.0, 0.0, z * VOXEL[2]]
        image.SliceLocation = z * VOXEL[2]
        image.Rows, image.Columns = values.shape[1], values.shape[0]
        image.PixelData = np.ascontiguousarray(values[:, :, z].T.astype(np.uint16)).tobytes()
        image.save_as(folder / f"{series}_{kind}_{echo[0]}_{coil}_{z}.dcm", enforce_file_format=True)


def _header(series, kind, echo, coil, normalised):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = MR_IMAGE, ExplicitVRLittleEndian
    meta.MediaStorageSOPInstanceUID = generate_uid()
    image = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    image.SOPClassUID, image.SOPInstanceUID = MR_IMAGE, meta.MediaStorageSOPInstanceUID
    image.Modality, image.Manufacturer, image.ManufacturerModelName = "MR", "SIEMENS", "Skyra"
    image.SoftwareVersions = "syngo MR D13"
    image.PatientName, image.PatientID = "Nobody", "0"
    image.StudyInstanceUID, image.SeriesInstanceUID = "1.2.3.4", f"1.2.3.4.{series}"
    image.FrameOfReferenceUID = "1.2.3.5"
    image.StudyDate = image.SeriesDate = image.AcquisitionDate = "20260101"
    image.StudyTime = image.SeriesTime = image.AcquisitionTime = "120000.000"
    image.SeriesNumber, image.AcquisitionNumber = series, 1
    image.SeriesDescription = image.ProtocolName = "SWI_3MM"
    image.ImageType = ["ORIGINAL", "PRIMARY", kind, *(["NORM"] if normalised else []), *([] if coil else ["DIS2D"])]
    image.ScanningSequence, image.SequenceVariant, image.MRAcquisitionType = "GR", "SP", "3D"
    image.EchoNumbers, image.EchoTime, image.RepetitionTime, image.FlipAngle = echo[0], echo[1], 27.0, 15.0
    image.MagneticFieldStrength, image.ImagingFrequency = 3.0, 123.2
    image.SliceThickness, image.SpacingBetweenSlices, image.PixelSpacing = VOXEL[2], VOXEL[2], [VOXEL[1], VOXEL[0]]
    image.ImageOrientationPatient = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 16, 12, 11, 0
    if kind == "P":
        image.RescaleSlope, image.RescaleIntercept, image.RescaleType = "2", "-4096", "US"
    if coil:
        block = image.private_block(0x0051, "SIEMENS MR HEADER", create=True)
        block.add_new(0x0F, "LO", coil)
    return image
