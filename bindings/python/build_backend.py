"""Makes the wheel, one for every Python, with the native library of every instruction-set level inside, and the source distribution.

A PEP 517 backend that needs nothing but the standard library (3.11 or later for tomllib), so ``pip install ./bindings/python`` works
without a network. Also a command: ``python3 build_backend.py DIRECTORY`` writes the wheel there. The same files give the same bytes.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import os
import re
import struct
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PACKAGE = HERE / "equipoise"
TOP = HERE.parent.parent
LIBRARIES = "_lib/*/libequipoise.so.1"

# What a manylinux wheel may ask of the system beside glibc's version.
_SYSTEM_LIBRARIES = frozenset(
    "libc.so.6 libm.so.6 libdl.so.2 librt.so.1 libpthread.so.0 libgcc_s.so.1 libstdc++.so.6".split()
    + ["ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"]
)
_MACHINES = {62: "x86_64", 183: "aarch64"}  # e_machine
_SOURCES = "LICENSE build.sh Directory.Build.props .editorconfig scripts src kernels/generated bindings".split()
_LEFT_BEHIND = frozenset({"bin", "obj", "_lib", "__pycache__", "build"})
_EPOCH = (1980, 1, 1, 0, 0, 0)


def get_requires_for_build_wheel(config_settings: Any = None) -> list[str]:
    """PEP 517."""
    return []


get_requires_for_build_editable = get_requires_for_build_sdist = get_requires_for_build_wheel


def build_wheel(wheel_directory: str, config_settings: Any = None, metadata_directory: Any = None) -> str:
    """PEP 517: the wheel with the package in it."""
    libraries = _libraries()
    files = {path.relative_to(HERE).as_posix(): path.read_bytes() for path in sorted(PACKAGE.glob("*.py"))}
    files["equipoise/py.typed"] = b""
    files.update({path.relative_to(HERE).as_posix(): path.read_bytes() for path in libraries})
    return _write(Path(wheel_directory), files, platform_tag(libraries))


def build_editable(wheel_directory: str, config_settings: Any = None, metadata_directory: Any = None) -> str:
    """PEP 660: a wheel that points here."""
    libraries = _libraries()
    return _write(Path(wheel_directory), {"equipoise.pth": f"{HERE}\n".encode()}, platform_tag(libraries))


def build_sdist(sdist_directory: str, config_settings: Any = None) -> str:
    """PEP 517: what the native library and this package are made from. Building it takes the .NET SDK and gcc, as in the repository."""
    project = _project()
    name = f"{project['name']}-{project['version']}"
    files = {path.relative_to(TOP).as_posix(): path.read_bytes() for path in _sources()}
    here = HERE.relative_to(TOP).as_posix()
    backend = (HERE / "pyproject.toml").read_text().replace('backend-path = ["."]', f'backend-path = ["{here}"]')
    files["pyproject.toml"] = backend.replace('readme = "', f'readme = "{here}/').encode()
    files["PKG-INFO"] = _metadata(project).encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, content in sorted(files.items()):
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size, entry.mode = len(content), 0o755 if path.endswith(".sh") else 0o644
            archive.addfile(entry, io.BytesIO(content))
    target = Path(sdist_directory) / f"{name}.tar.gz"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(packed.getvalue(), mtime=0))
    return target.name


def _sources() -> list[Path]:
    """Files of the repository that the wheel is made from, without what building leaves behind."""
    found = [path for place in _SOURCES for path in ([TOP / place] if (TOP / place).is_file() else sorted((TOP / place).rglob("*")))]
    return [path for path in found if path.is_file() and not _LEFT_BEHIND & set(path.relative_to(TOP).parts) and path.suffix != ".pyc"]


def platform_tag(libraries: list[Path]) -> str:
    """manylinux_2_N where the libraries ask for nothing but glibc 2.N and what every such system has; linux otherwise."""
    contents = [path.read_bytes() for path in libraries]
    machine = _MACHINES[struct.unpack_from("<H", contents[0], 18)[0]]
    if any(not needed_libraries(content) <= _SYSTEM_LIBRARIES for content in contents):
        return f"linux_{machine}"
    versions = [tuple(map(int, match)) for content in contents for match in re.findall(rb"\bGLIBC_(\d+)\.(\d+)", content)]
    major, minor = max(versions)
    return f"manylinux_{major}_{minor}_{machine}"


def needed_libraries(content: bytes) -> set[str]:
    """The DT_NEEDED entries of a 64-bit little-endian ELF file."""
    segments = [struct.unpack_from("<IIQQQQQQ", content, place) for place in _table(content)]
    entries = []
    for kind, _, offset, _, _, size, _, _ in segments:
        if kind == 2:  # PT_DYNAMIC
            entries = [struct.unpack_from("<qQ", content, offset + place) for place in range(0, size, 16)]
    strings = next(value for tag, value in entries if tag == 5)  # DT_STRTAB, an address
    base = next(
        offset + strings - address for kind, _, offset, address, _, size, _, _ in segments if kind == 1 and 0 <= strings - address < size
    )
    return {content[base + value : content.index(b"\0", base + value)].decode() for tag, value in entries if tag == 1}


def _table(content: bytes) -> range:
    """Where the program headers are."""
    (start,) = struct.unpack_from("<Q", content, 32)
    size, count = struct.unpack_from("<HH", content, 54)
    return range(start, start + size * count, size)


def _libraries() -> list[Path]:
    """The native libraries beside the package, built first where there are none."""
    if not list(PACKAGE.glob(LIBRARIES)) and (TOP / "build.sh").exists():
        subprocess.run([str(TOP / "build.sh"), "build"], check=True, stdout=sys.stderr)
    libraries = sorted(PACKAGE.glob(LIBRARIES))
    if not libraries:
        raise SystemExit(f"no native library in {PACKAGE}/_lib: ./build.sh build makes it")
    return libraries


def _write(directory: Path, files: dict[str, bytes], tag: str) -> str:
    project = _project()
    info = f"equipoise-{project['version']}.dist-info"
    files[f"{info}/METADATA"] = _metadata(project).encode()
    files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: equipoise\nRoot-Is-Purelib: false\nTag: py3-none-{tag}\n".encode()
    scripts = "\n".join(f"{name} = {target}" for name, target in project["scripts"].items())
    files[f"{info}/entry_points.txt"] = f"[console_scripts]\n{scripts}\n".encode()
    licence = TOP / "LICENSE"
    if licence.exists():
        files[f"{info}/LICENSE"] = licence.read_bytes()
    record = "".join(f"{name},sha256={_digest(content)},{len(content)}\n" for name, content in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    name = f"equipoise-{project['version']}-py3-none-{tag}.whl"
    directory.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(directory / name, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.external_attr = (0o755 if ".so" in path else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(entry, content)
    return name


def _project() -> dict[str, Any]:
    """The [project] table with its version."""
    import tomllib

    project: dict[str, Any] = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]
    found = re.search(r'__version__ = "([^"]+)"', (PACKAGE / "_version.py").read_text())
    if found is None:
        raise SystemExit("equipoise/_version.py names no version")
    project["version"] = found[1]
    return project


def _metadata(project: dict[str, Any]) -> str:
    lines = ["Metadata-Version: 2.1", f"Name: {project['name']}", f"Version: {project['version']}", f"Summary: {project['description']}"]
    lines += [f"License: {project['license']['text']}", f"Keywords: {','.join(project['keywords'])}"]
    lines += [f"Classifier: {classifier}" for classifier in project["classifiers"]]
    lines += [f"Requires-Python: {project['requires-python']}"]
    lines += [f"Requires-Dist: {requirement}" for requirement in project["dependencies"]]
    lines += ["Description-Content-Type: text/markdown", "", (HERE / project["readme"]).read_text()]
    return "\n".join(lines)


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: build_backend.py DIRECTORY")
    print(os.path.join(sys.argv[1], build_wheel(sys.argv[1])))
