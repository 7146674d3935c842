#pragma once
#include <assimp/cimport.h>
#include <assimp/postprocess.h>
#include <assimp/scene.h>
