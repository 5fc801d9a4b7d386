# Installs podslate for the user who runs this, without administrator rights:
#
#   irm URL/install.ps1 | iex
#
# Environment:
#   PODSLATE_INSTALL_DIR    folder of the program (default: %LOCALAPPDATA%\Programs\podslate)
#   PODSLATE_DOWNLOAD_URL   address of the release's files (default: the release of this script)
#
# Nothing is changed unless everything succeeded.
& {
    $ErrorActionPreference = 'Stop'
    # The progress bar of Windows PowerShell makes downloads slow.
    $ProgressPreference = 'SilentlyContinue'
    $releaseUrl = '@RELEASE_URL@'
    $unchanged = 'Nothing was changed.'

    function Stop-Installation([string] $Sentence, [string] $Hint) {
        throw "$Sentence`nhint: $Hint"
    }

    function Save-File([string] $Name, [string] $Path) {
        try {
            Invoke-WebRequest -UseBasicParsing -Uri "$url/$Name" -OutFile $Path
        } catch {
            Stop-Installation "$Name could not be downloaded from ${url}: $($_.Exception.Message)" `
                "$unchanged Check the network connection and the address, then try again."
        }
    }

    $url = if ($env:PODSLATE_DOWNLOAD_URL) { $env:PODSLATE_DOWNLOAD_URL } else { $releaseUrl }
    $url = $url.TrimEnd('/')
    if (-not $url) {
        Stop-Installation 'This script belongs to no release.' `
            'Set PODSLATE_DOWNLOAD_URL to the address of a release''s files.'
    }
    $folder = if ($env:PODSLATE_INSTALL_DIR) { $env:PODSLATE_INSTALL_DIR } else {
        Join-Path $env:LOCALAPPDATA 'Programs\podslate'
    }
    # Windows on ARM runs programs for x86-64 as well; a 32-bit PowerShell sees its own processor.
    $machine = if ($env:PROCESSOR_ARCHITEW6432) { $env:PROCESSOR_ARCHITEW6432 } else { $env:PROCESSOR_ARCHITECTURE }
    if ($machine -notin 'AMD64', 'ARM64') {
        Stop-Installation "There is no podslate for Windows on $machine." `
            'Build it from the source code, which needs Rust: cargo xtask build'
    }
    $archive = 'podslate-x86_64-pc-windows-gnu.zip'
    [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor 3072

    $work = Join-Path ([IO.Path]::GetTempPath()) ([IO.Path]::GetRandomFileName())
    $staged = $null
    try {
        New-Item -ItemType Directory -Path $work | Out-Null
        Save-File 'SHA256SUMS' "$work\SHA256SUMS"
        $line = Get-Content "$work\SHA256SUMS" | Where-Object { ($_ -split ' [ *]', 2)[1] -eq $archive }
        if (-not $line) {
            Stop-Installation "This release has no program for Windows ($archive)." `
                'Build it from the source code, which needs Rust: cargo xtask build'
        }
        Save-File $archive "$work\$archive"
        $actual = (Get-FileHash -Algorithm SHA256 "$work\$archive").Hash
        if ($actual -ne ($line -split ' ')[0]) {
            Stop-Installation ("The checksum of $archive is not the one of the release: " +
                'it was damaged or changed on its way.') `
                ("$unchanged Try again; if it happens again, do not use the file, and tell " +
                'whoever runs the server.')
        }
        Expand-Archive -Path "$work\$archive" -DestinationPath "$work\files"
        $unpacked = "$work\files\podslate-x86_64-pc-windows-gnu\podslate.exe"
        $version = & $unpacked --version
        if ($LASTEXITCODE -ne 0) {
            Stop-Installation 'The program does not run on this machine.' $unchanged
        }

        $program = Join-Path $folder 'podslate.exe'
        try {
            New-Item -ItemType Directory -Force -Path $folder | Out-Null
            # In the same folder, so that the last step is a rename.
            $staged = Join-Path $folder ('.podslate-' + [IO.Path]::GetRandomFileName())
            Copy-Item $unpacked $staged
            # A program that runs cannot be overwritten, and can be renamed.
            Get-ChildItem "$folder\podslate.exe.old-*" | Remove-Item -ErrorAction SilentlyContinue
            $old = $null
            if (Test-Path -PathType Leaf $program) {
                $old = "$program.old-" + [IO.Path]::GetRandomFileName()
                Move-Item $program $old
            }
            try {
                Move-Item $staged $program
            } catch {
                if ($old) { Move-Item $old $program }
                throw
            }
            if ($old) { Remove-Item $old -ErrorAction SilentlyContinue }
        } catch {
            Stop-Installation "The program could not be written to ${folder}: $($_.Exception.Message)" `
                "$unchanged Set PODSLATE_INSTALL_DIR to a folder that you may write to."
        }
        Write-Output "$version is installed: $program"
        if (($env:PATH -split ';') -notcontains $folder) {
            Write-Host "hint: $folder is not in PATH. Add it for new windows with:"
            Write-Host ("  [Environment]::SetEnvironmentVariable('Path', " +
                "[Environment]::GetEnvironmentVariable('Path', 'User') + ';$folder', 'User')")
        }
    } finally {
        foreach ($path in $work, $staged) {
            if ($path -and (Test-Path $path)) { Remove-Item -Recurse -Force $path }
        }
    }
}
